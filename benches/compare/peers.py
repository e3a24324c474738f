"""The peers of compare.py, each in a process of its own; prints JSON. CPU time of the work alone, imports left out."""
import json, pathlib, sys, time


def timed(work, times=1):
    start = time.process_time()
    for _ in range(times):
        result = work()
    return result, time.process_time() - start


def decode(path):
    raw = pathlib.Path(path).read_bytes()
    for charset in ("utf-8", "gb18030"):
        try:
            return raw.decode(charset)
        except UnicodeDecodeError:
            pass
    return raw.decode("utf-8", "replace")


def extract(name, again, *paths):
    pages = {pathlib.Path(p).stem: decode(p) for p in paths}
    if name == "trafilatura":
        import trafilatura

        def one(html):
            document = trafilatura.bare_extraction(html, with_metadata=True)
            return (document.title, document.text) if document else (None, None)
    else:
        from gne import GeneralNewsExtractor
        extractor = GeneralNewsExtractor()

        def one(html):
            try:
                result = extractor.extract(html)
                return result["title"], result["content"]
            except Exception:  # it gives up on some pages
                return None, None
    got, seconds = timed(lambda: {k: one(html) for k, html in pages.items()}, int(again))
    return {"got": got, "per_second": len(pages) * int(again) / seconds}


def feeds(*paths):
    import feedparser
    texts = [pathlib.Path(p).read_bytes() for p in paths]
    _, seconds = timed(lambda: [feedparser.parse(t) for t in texts])
    return {"per_second": len(texts) / seconds}


def duplicates(file):
    """MinHash of 128 permutations over 4-grams, LSH at 0.5; a text joins the story of the first one found."""
    from datasketch import MinHash, MinHashLSH
    texts = [json.loads(line) for line in open(file)]

    def work():
        lsh, story = MinHashLSH(threshold=0.5, num_perm=128), {}
        for t in texts:
            text = "".join(t["text"].split())
            sketch = MinHash(num_perm=128)
            sketch.update_batch([text[i:i + 4].encode() for i in range(len(text) - 3)])
            near = lsh.query(sketch)
            story[t["id"]] = story[near[0]] if near else t["id"]
            lsh.insert(t["id"], sketch)
        return story
    got, seconds = timed(work)
    return {"got": got, "per_second": len(texts) / seconds}


def unpack(folder):
    import zstandard
    for file in pathlib.Path(folder).glob("*.zst"):
        with file.open("rb") as packed:
            file.with_suffix(".html").write_bytes(zstandard.ZstdDecompressor().stream_reader(packed).read())
        file.unlink()
    return {}


if __name__ == "__main__":
    print(json.dumps(globals()[sys.argv[1]](*sys.argv[2:]), ensure_ascii=False))
