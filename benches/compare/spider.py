"""Scrapy on the farm of compare.py: feeds, their pages, title and text by CSS selectors or by trafilatura, into SQLite."""
import sqlite3, sys

import scrapy
from scrapy.crawler import CrawlerProcess

FEEDS, DB, EXTRACTOR = sys.argv[1:4]
if EXTRACTOR == "trafilatura":
    import trafilatura


class News(scrapy.Spider):
    name = "news"

    async def start(self):
        self.db = sqlite3.connect(DB)
        self.db.execute("CREATE TABLE article (url TEXT PRIMARY KEY, title TEXT, text TEXT)")
        for url in open(FEEDS).read().split():
            yield scrapy.Request(url, callback=self.feed)

    def feed(self, response):
        for link in response.xpath("//item/link/text()").getall():
            yield scrapy.Request(link, callback=self.page)

    def page(self, response):
        if EXTRACTOR == "trafilatura":
            document = trafilatura.bare_extraction(response.text, with_metadata=True)
            return self.store(response.url, document and document.title, document and document.text)
        text = "\n".join("".join(p.css("::text").getall()) for p in response.css("#zoom p"))
        self.store(response.url, response.css("h1::text").get(), text)

    def store(self, *row):
        self.db.execute("INSERT OR IGNORE INTO article VALUES (?, ?, ?)", row)

    def closed(self, reason):
        self.db.commit()


process = CrawlerProcess({
    "LOG_LEVEL": "ERROR", "ROBOTSTXT_OBEY": True, "CONCURRENT_REQUESTS": 64, "CONCURRENT_REQUESTS_PER_DOMAIN": 1, "TELNETCONSOLE_ENABLED": False,
    "COOKIES_ENABLED": False, "LOGSTATS_INTERVAL": 0,
})
process.crawl(News)
process.start()
