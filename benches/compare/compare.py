#!/usr/bin/env python3
"""Ours beside others, in one run on one machine, as one table.

    benches/compare/compare.py [--scratch DIR] [--pages DIR] [--only extract,feeds,duplicates,crawl,refresh,service]

Installs the peers into DIR (default /tmp/qingbao-compare): trafilatura, GNE, feedparser, datasketch and Scrapy from PyPI; newsboat and
rss2email must be there (Debian: apt-get install python3-venv newsboat rss2email) or are left out. Pages and texts are those of the demo world, all of
the project's own making; --pages names a folder of other ones: *.html and truth.json, {name: {"title": …, "body": …}}. CPU is what the kernel
counts for ended children, user and system.
"""
import argparse, collections, json, os, pathlib, random, re, shutil, sqlite3, subprocess, sys, time, urllib.request

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PEERS = ["trafilatura==2.*", "gne==0.4.*", "feedparser==6.*", "datasketch==1.*", "scrapy==2.*", "lxml_html_clean", "zstandard"]
ROWS = []


def row(what, figure, ours, peers, more_is_better=True):
    """One line of the table for each peer; a ratio above 1 is in our favour."""
    for name, theirs in peers:
        ratio = "–" if theirs in (None, 0) or not ours else f"{ours / theirs if more_is_better else theirs / ours:.2f}"
        ROWS.append((what, figure, name, ratio, ""))
        print("  ", *ROWS[-1], shown(ours), shown(theirs), file=sys.stderr)


def told(what, figure, ours, peers=()):
    """One line of the table with the figures themselves: shares and counts, which hold on any machine."""
    for name, theirs in peers or [("–", None)]:
        ROWS.append((what, figure, name, "", shown(ours) + (f" against {shown(theirs)}" if theirs is not None else "")))
        print("  ", *ROWS[-1], file=sys.stderr)


def shown(n):
    return "–" if n is None else n if isinstance(n, str) else f"{n:.3f}" if n < 2 else f"{n:,.1f}" if n < 100 else f"{n:,.0f}"


def used(command, **more):
    """Wall seconds, CPU seconds and peak megabytes of a command, with what it said."""
    script = "import resource,subprocess,sys;c=subprocess.call(sys.argv[1:]);u=resource.getrusage(resource.RUSAGE_CHILDREN);" \
             "print('\\nUSED',u.ru_utime+u.ru_stime,u.ru_maxrss/1024,file=sys.stderr);sys.exit(c)"
    start = time.time()
    done = subprocess.run([sys.executable, "-c", script, *map(str, command)], capture_output=True, text=True, **more)
    wall = time.time() - start
    if done.returncode:
        sys.exit(f"{command} failed:\n{done.stderr[-2000:]}")
    cpu, peak = map(float, done.stderr.rsplit("USED", 1)[1].split())
    return wall, cpu, peak, done.stdout


def grams(text):
    text = re.sub(r"\s+", "", text or "")
    return collections.Counter(text[i:i + 4] for i in range(max(len(text) - 3, 1))) if text else collections.Counter()


def body_f1(truth, got):
    a, b = grams(truth), grams(got)
    hit = sum((a & b).values())
    return 2 * hit / (sum(a.values()) + sum(b.values())) if a and b else 0.0


def plain(text):
    return re.sub(r"[\W_]+", "", (text or "").lower())


class Compare:
    def __init__(self, scratch, pages):
        self.scratch, self.pages = scratch, pages
        scratch.mkdir(parents=True, exist_ok=True)
        self.python = scratch / "venv/bin/python"
        if not (scratch / "ready").exists():
            subprocess.run([sys.executable, "-m", "venv", scratch / "venv"], check=True)
            subprocess.run([self.python, "-m", "pip", "install", "-q", *PEERS], check=True)
            (scratch / "ready").touch()
        self.qingbao, self.bench = self.built()
        self.demo = scratch / "demo"
        shutil.rmtree(self.demo, ignore_errors=True)
        self.demo_wall, *_ = used([self.qingbao, "demo", "--out", self.demo])

    @staticmethod
    def built():
        """The program and the bench that serves the farm, built as `cargo build --release` does."""
        command = ["cargo", "bench", "--locked", "--profile", "release", "--bench", "fetch", "--no-run", "--message-format=json"]
        lines = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
        made = {m["target"]["name"]: m["executable"] for m in map(json.loads, lines) if m.get("executable")}
        return made["qingbao"], made["fetch"]

    def peer(self, task, *args):
        """What a peer in its own process says, with the seconds it worked."""
        out = subprocess.run([self.python, HERE / "peers.py", task, *map(str, args)], check=True, capture_output=True, text=True).stdout
        return json.loads(out)

    @staticmethod
    def articles():
        """The demo world's own articles, republished ones left out: {(site, slug): (title, text)}."""
        known, lines = {}, []
        for line in (ROOT / "src/demo/articles.txt").read_text().splitlines() + [""]:
            if line.strip():
                lines.append(line)
                continue
            if len(lines) > 3 and lines[0].startswith("@ "):
                known[tuple(lines[0].split()[1:3])] = lines[1], "\n".join(lines[3:])
            lines = []
        return known

    def page_set(self):
        """Files and their truth."""
        if self.pages:
            truth = json.loads((self.pages / "truth.json").read_text())
            files = {p.stem: p for p in sorted(self.pages.rglob("*.html")) if p.stem in truth}
            return files, {k: truth[k] for k in files}
        folder = self.scratch / "pages"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        known = self.articles()
        db = sqlite3.connect(self.demo / "data/qingbao.db")
        rows = db.execute("SELECT entry.id, entry.url, page.body FROM page JOIN entry ON entry.id = page.entry_id").fetchall()
        files, truth = {}, {}
        for number, url, body in rows:
            found = next((a for (site, slug), a in known.items() if f"/{site}/" in url and slug in url), None)
            if found:
                files[str(number)] = folder / f"{number}.html"
                (folder / f"{number}.zst").write_bytes(body)
                truth[str(number)] = {"title": found[0], "body": found[1]}
        self.peer("unpack", folder)
        return files, truth

    def extract(self):
        files, truth = self.page_set()
        again = max(1, 1500 // len(files))
        paths = [str(p) for p in files.values()]
        _, cpu, _, out = used([self.qingbao, "inspect", "extract", *paths * again])
        _, start, *_ = used([self.qingbao, "inspect", "extract", paths[0]])
        got = {pathlib.Path(o["file"]).stem: o for o in map(json.loads, out.splitlines())}
        ours = self.score(truth, {k: (o.get("title"), o.get("text")) for k, o in got.items()})
        speed = len(paths) * again / max(cpu - start, 0.001)
        for name in ["trafilatura", "gne"]:
            said = self.peer("extract", name, max(1, again // 10), *paths)
            theirs = self.score(truth, {k: tuple(v) for k, v in said["got"].items()})
            told(f"extraction, {len(files)} pages", "body F1", ours[0], [(name, theirs[0])])
            told("", "right titles", ours[1], [(name, theirs[1])])
            row("", "pages per CPU second", speed, [(name, said["per_second"])])

    @staticmethod
    def score(truth, got):
        bodies = [body_f1(t["body"], got.get(k, ("", ""))[1]) for k, t in truth.items()]
        titles = [plain(t["title"]) == plain(got.get(k, ("", ""))[0]) for k, t in truth.items()]
        return sum(bodies) / len(bodies), sum(titles) / len(titles)

    def feeds(self):
        folder = self.scratch / "feeds"
        folder.mkdir(exist_ok=True)
        known = list(self.articles().values())
        for n in range(100):
            items = "".join(
                f"<item><title>{t}</title><link>https://f{n}.example/{i}.html</link><guid>{n}-{i}</guid>"
                f"<pubDate>Tue, 24 Nov 2026 0{i % 10}:00:00 +0800</pubDate><description><![CDATA[{b[:300]}]]></description></item>"
                for i, (t, b) in enumerate(random.Random(n).sample(known, 20)))
            (folder / f"{n}.xml").write_text(f'<?xml version="1.0"?><rss version="2.0"><channel><title>{n}</title>{items}</channel></rss>')
        paths = sorted(str(p) for p in folder.glob("*.xml"))
        _, cpu, *_ = used([self.qingbao, "inspect", "feed", *paths * 30])
        said = self.peer("feeds", *paths)
        row("feeds of 20 items", "feeds per CPU second", len(paths) * 30 / cpu, [("feedparser", said["per_second"])])

    def duplicates(self):
        texts, story, chance = [], {}, random.Random(4)
        for n, (title, body) in enumerate(self.articles().values()):
            parts = body.split("\n")
            kinds = [parts, ["本报讯（记者 示例）" + parts[0], *parts[1:], "责任编辑：示例"], parts[:-1] if len(parts) > 2 else parts, [*parts, "相关阅读"]]
            for m, kind in enumerate(kinds):
                story[f"{n}-{m}"] = n
                texts.append({"id": f"{n}-{m}", "title": title, "text": "\n".join(kind)})
        chance.shuffle(texts)
        file = self.scratch / "texts.jsonl"
        file.write_text("".join(json.dumps(t, ensure_ascii=False) + "\n" for t in texts))
        _, cpu, _, out = used([self.qingbao, "inspect", "cluster"], stdin=file.open())
        ours = {o["id"]: o["story"] for o in map(json.loads, out.splitlines())}
        said = self.peer("duplicates", file)
        told(f"near-duplicates, {len(texts)} texts", "pairwise F1", self.pairs(story, ours), [("datasketch MinHash LSH", self.pairs(story, said["got"]))])
        row("", "texts per CPU second", len(texts) / cpu, [("datasketch MinHash LSH", said["per_second"])])

    @staticmethod
    def pairs(truth, got):
        def together(groups):
            by = collections.defaultdict(list)
            for key, group in groups.items():
                by[group].append(key)
            return {(a, b) for keys in by.values() for a in sorted(keys) for b in sorted(keys) if a < b}
        a, b = together(truth), together(got)
        return 2 * len(a & b) / (len(a) + len(b))

    def farm(self, hosts, pages):
        """A farm of loopback hosts in a process of its own; gives it with the folder of a source list."""
        farm = subprocess.Popen([self.bench, "farm", str(hosts), str(pages), "0"], stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, text=True)
        farm.stdin.write("sources\n")
        farm.stdin.flush()
        folder = self.scratch / "crawl"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        sources = farm.stdout.readline().replace("\x01", "\n")
        (folder / "sources.toml").write_text(sources)
        (folder / "qingbao.toml").write_text('[fetch]\nhost_delay = "0s"\n')
        return farm, folder, re.findall(r'url = "(.*?)"', sources)

    def crawl(self):
        farm, folder, feeds = self.farm(200, 20)
        wall, cpu, peak, _ = used([self.qingbao, "once"], cwd=folder)
        (folder / "feeds.txt").write_text("\n".join(feeds))
        ours = sqlite3.connect(folder / "data/qingbao.db").execute("SELECT count(*) FROM article").fetchone()[0]
        what = "crawl, 200 hosts × 20 pages"
        for name, extractor in [("Scrapy, CSS selectors", "css"), ("Scrapy and trafilatura", "trafilatura")]:
            db = folder / f"{extractor}.db"
            t_wall, t_cpu, t_peak, _ = used([self.python, HERE / "spider.py", folder / "feeds.txt", db, extractor])
            rows = sqlite3.connect(db).execute("SELECT count(*) FROM article").fetchone()[0]
            told(what, "pages stored", ours, [(name, rows)])
            row("", "pages per second", ours / wall, [(name, rows / t_wall)])
            row("", "CPU per page", cpu / ours, [(name, t_cpu / rows)], more_is_better=False)
            row("", "peak memory", peak, [(name, t_peak)], more_is_better=False)
            what = ""
        farm.kill()

    def refresh(self):
        farm, folder, feeds = self.farm(200, 1)
        home = folder / "home"
        (home / ".newsboat").mkdir(parents=True)
        env = {**os.environ, "HOME": str(home), "XDG_CONFIG_HOME": str(home / "c"), "XDG_DATA_HOME": str(home / "d")}
        commands = {"qingbao": [self.qingbao, "once"]}
        if shutil.which("newsboat"):
            (home / "urls").write_text("\n".join(feeds))
            (home / "config").write_text("reload-threads 16\n")
            commands["newsboat"] = ["newsboat", "-u", home / "urls", "-c", home / "cache.db", "-C", home / "config", "-x", "reload"]
        if shutil.which("r2e"):
            feeds_config = "\n".join(f"[feed.f{n}]\nurl = {url}\n" for n, url in enumerate(feeds))
            (home / "r2e.cfg").write_text("[DEFAULT]\nto = nobody@example.cn\n\n" + feeds_config)
            commands["rss2email"] = ["r2e", "-c", home / "r2e.cfg", "-d", home / "r2e.json", "run", "--no-send"]
        rate, asked = {}, {}
        for name, command in commands.items():
            for _ in range(2):
                farm.stdin.write("stats\n")
                farm.stdin.flush()
                farm.stdout.readline()
                wall, *_ = used(command, cwd=folder, env=env)
            rate[name] = len(feeds) / wall
            farm.stdin.write("stats\n")
            farm.stdin.flush()
            asked[name] = int(re.search(r"unchanged (\d+)", farm.stdout.readline()).group(1))
        farm.kill()
        for name in [n for n in commands if n != "qingbao"]:
            row("second look at 200 feeds", "feeds per second", rate["qingbao"], [(name, rate[name])])
            told("", "answered 304", asked["qingbao"], [(name, asked[name])])

    def service(self):
        folder = self.scratch / "idle"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.demo, folder)
        (folder / "sources.toml").write_text('[[source]]\nid = "none"\nname = "none"\nurl = "https://none.example/"\nenabled = false\n')
        (folder / "qingbao.toml").write_text('[console]\nlisten = "127.0.0.1:18329"\n')
        start = time.time()
        service = subprocess.Popen([self.qingbao, "serve"], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while True:
            try:
                urllib.request.urlopen("http://127.0.0.1:18329/healthz", timeout=1)
                break
            except OSError:
                if service.poll() is not None:
                    sys.exit("the service does not start")
                time.sleep(0.002)
        ready = time.time() - start
        time.sleep(10)
        status = pathlib.Path(f"/proc/{service.pid}/status").read_text()
        service.terminate()
        service.wait()
        told("service", "ready after its start, s", ready)
        told("", "resident at rest, MB", int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) / 1024)
        told("", "binary, MB", os.path.getsize(self.qingbao) / 1e6)
        told("", "demo: crawl, judge, draft, s", self.demo_wall)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scratch", type=pathlib.Path, default=pathlib.Path("/tmp/qingbao-compare"))
    parser.add_argument("--pages", type=pathlib.Path)
    parser.add_argument("--only", default="extract,feeds,duplicates,crawl,refresh,service")
    args = parser.parse_args()
    compare = Compare(args.scratch, args.pages)
    for task in args.only.split(","):
        getattr(compare, task)()
    cpu = next((l.split(":")[1].strip() for l in open("/proc/cpuinfo") if l.startswith("model name")), "unknown processor")
    print(f"\n{os.cpu_count()} × {cpu}; ratio above 1: ours is better\n")
    print("| what | figure | peer | ratio | ours |\n|---|---|---|---|---|")
    for line in ROWS:
        print("|", " | ".join(map(str, line)), "|")


if __name__ == "__main__":
    main()
