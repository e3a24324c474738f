#!/usr/bin/env python3
"""Makes words.txt from the dictionary of jieba (MIT): how common two- to four-letter words are in Chinese text.

    python3 make.py < dict.txt > words.txt

Each line: a number, then words. 0: words of grammar, time and counting, never keywords. 1: names of places, people and
organisations. Else the information of the word
in bits, minus log2 of its share of all words, rounded. Words that are not listed are rarer than 1 in 2^17.
"""
import collections
import math
import sys

GRAMMAR = {"c", "d", "p", "r", "u", "m", "q", "mq", "f", "t", "y", "o", "e", "ud", "uj", "ul", "uv", "uz", "ug", "rr", "rz", "df", "dg", "tg"}
NAMES = {"ns", "nr", "nt", "nrt", "nrfg", "nz"}
rows = []
total = 0
for line in sys.stdin:
    word, count, kind = (line.split() + ["", "", ""])[:3]
    total += int(count)
    if 2 <= len(word) <= 4 and all("\u4e00" <= c <= "\u9fff" for c in word):
        rows.append((word, int(count), kind))
lines = collections.defaultdict(list)
for word, count, kind in rows:
    if kind in GRAMMAR and count >= 20:
        lines[0].append(word)
    elif count and -math.log2(count / total) < 17:
        lines[1 if kind in NAMES else round(-math.log2(count / total))].append(word)
for bits in sorted(lines):
    print(bits, *sorted(lines[bits]))
