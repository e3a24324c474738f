//! What one article's judgement costs: cutting words, classifying, sketching. `cargo bench --bench judge`

mod news;

use divan::counter::BytesCount;
use qingbao::classify::{Classifier, SourceHints};
use qingbao::config::Taxonomy;
use qingbao::dedup::fingerprint::MinHashSignature;
use qingbao::text::segment::Segmented;

use news::article;

fn main() {
    divan::main();
}

fn texts() -> Vec<String> {
    (0..32).map(article).collect()
}

fn bytes(texts: &[String]) -> BytesCount {
    BytesCount::new(texts.iter().map(String::len).sum::<usize>())
}

#[divan::bench]
fn cut_words(bencher: divan::Bencher<'_, '_>) {
    let texts = texts();
    bencher.counter(bytes(&texts)).bench(|| texts.iter().map(|t| Segmented::new(t).fts_tokens().len()).sum::<usize>());
}

#[divan::bench]
fn cut_and_classify(bencher: divan::Bencher<'_, '_>) {
    let texts = texts();
    let Some(classifier) = Taxonomy::load(None).ok().and_then(|t| Classifier::new(t).ok()) else { return };
    bencher
        .counter(bytes(&texts))
        .bench(|| texts.iter().map(|t| classifier.classify("超硬材料企业投产新生产线", t, &SourceHints::default()).industries.len()).sum::<usize>());
}

#[divan::bench]
fn sketch(bencher: divan::Bencher<'_, '_>) {
    let texts = texts();
    bencher.counter(bytes(&texts)).bench(|| texts.iter().map(|t| MinHashSignature::new(t).bands().len()).sum::<usize>());
}
