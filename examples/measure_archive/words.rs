//! Made-up news: words by Zipf's law, so that common and rare ones occur as in real text, and some copies of earlier articles.

/// Different words of two or three letters.
const VOCABULARY: usize = 20_000;
/// Every so many articles one repeats an earlier one, with another opening.
const COPY_EVERY: u64 = 6;
/// A copy is at most so many articles younger.
const COPY_REACH: u64 = 2_000;
/// Sentences of an article.
const SENTENCES: u64 = 30;
/// Words that the taxonomy and the topics know.
const KNOWN: [&str; 14] =
    ["发制品", "超硬材料", "碳化硅", "新能源汽车", "特高压", "变压器", "水泥", "食品", "化工", "生物医药", "投产", "签约", "许昌", "河南"];
const PLACES: [&str; 6] = ["许昌市", "长葛市", "禹州市", "洛阳市", "郑州市", "鄢陵县"];

/// A title and a text.
pub struct News {
    pub title: String,
    pub text: String,
}

/// Numbers that only look random, the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

fn letter(number: u64) -> char {
    u32::try_from(number % 3_000).ok().and_then(|n| char::from_u32(0x4e00 + n)).unwrap_or('一')
}

/// The word of a rank.
fn word(rank: u64, out: &mut String) {
    let mut numbers = Numbers(rank.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    for _ in 0..2 + rank % 2 {
        out.push(letter(numbers.below(3_000)));
    }
}

/// Adds a word: the rank grows exponentially with an even number, which is Zipf's law.
fn any_word(numbers: &mut Numbers, out: &mut String) {
    let even = numbers.below(1_000_000) as f64 / 1_000_000.0;
    word((VOCABULARY as f64).powf(even) as u64, out);
}

/// The article of a number.
pub fn news(n: u64) -> News {
    let mut own = Numbers(n);
    let of = if n > COPY_REACH && n.is_multiple_of(COPY_EVERY) { n - 1 - own.below(COPY_REACH) } else { n };
    let mut numbers = Numbers(of.wrapping_mul(0x2545_f491_4f6c_dd1d));
    let known = |numbers: &mut Numbers| KNOWN[numbers.below(KNOWN.len() as u64) as usize];
    let place = PLACES[numbers.below(PLACES.len() as u64) as usize];
    let mut title = format!("{place}{}企业", known(&mut numbers));
    for _ in 0..4 {
        any_word(&mut numbers, &mut title);
    }
    let mut text = if of == n { String::new() } else { format!("本报讯（记者{}{}）", letter(n), letter(n / 7)) };
    for sentence in 0..SENTENCES {
        if sentence > 0 && sentence.is_multiple_of(5) {
            text.push('\n');
        }
        for _ in 0..5 + numbers.below(8) {
            any_word(&mut numbers, &mut text);
        }
        if numbers.below(3) == 0 {
            text.push_str(known(&mut numbers));
            text.push_str(&format!("，总投资{}亿元", numbers.below(90) + 1));
        }
        text.push('。');
    }
    News { title, text }
}

impl News {
    /// Returns the same as a page of the crawl gives it.
    pub fn extracted(&self) -> qingbao::model::Extracted {
        let html = self.text.split('\n').map(|p| format!("<p>{p}</p>")).collect();
        qingbao::model::Extracted { text: self.text.clone(), html, publisher: Some("示例网".to_owned()), ..Default::default() }
    }
}
