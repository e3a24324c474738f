#!/usr/bin/env python3
"""Makes the database of this folder anew, with the program of the first release: make.py PROGRAM

Only the demo's fictional world, reserved names (.example) and loopback. Python's standard library, zstd.
"""

import http.client
import pathlib
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from datetime import date, timedelta

HERE = pathlib.Path(__file__).resolve().parent
PROGRAM = pathlib.Path(sys.argv[1]).resolve()
WORK = pathlib.Path(tempfile.mkdtemp())
PASSWORD = "a test password"


def run(*args, stdin=""):
    done = subprocess.run([PROGRAM, *args], cwd=WORK, input=stdin, text=True, capture_output=True)
    assert done.returncode == 0, (args, done.stderr)
    return done.stdout


def ask(sql, *values):
    with sqlite3.connect(f"file:{WORK}/data/qingbao.db?mode=ro", uri=True) as c:
        return c.execute(sql, values).fetchall()


class Console:
    """Somebody at the console."""

    def __init__(self, port, name, password=PASSWORD):
        self.port, self.cookie, self.csrf = port, "", ""
        code, headers, _ = self.send("POST", "/login", name=name, password=password)
        self.cookie = (headers["set-cookie"] or "").split(";")[0]
        if code == 303:
            self.csrf = self.field(self.page("/draft/1"), "csrf")

    def send(self, method, path, bearer="", **fields):
        c = http.client.HTTPConnection("127.0.0.1", self.port)
        headers = {"content-type": "application/x-www-form-urlencoded", "cookie": self.cookie}
        if bearer:
            headers["authorization"] = f"Bearer {bearer}"
        c.request(method, path, urllib.parse.urlencode(fields) if fields else None, headers)
        answer = c.getresponse()
        return answer.status, answer.headers, answer.read().decode()

    def page(self, path):
        code, _, text = self.send("GET", path)
        assert code == 200, (path, code, text)
        return text

    @staticmethod
    def field(page, name):
        return re.search(f'name="{name}" value="([^"]*)"', page)[1]

    def post(self, path, **fields):
        code, _, text = self.send("POST", path, csrf=self.csrf, **fields)
        assert code == 303, (path, fields, code, text)

    def edit(self, issue, do, **fields):
        page = self.page(f"/draft/{issue}")
        self.post(f"/draft/{issue}", do=do, version=self.field(page, "version"), **fields)

    def items(self, issue):
        return re.findall(r'data-article="(\d+)"', self.page(f"/draft/{issue}"))


def serve():
    """The service with its console: process and port."""
    child = subprocess.Popen([PROGRAM, "serve"], cwd=WORK, stderr=subprocess.PIPE, text=True)
    for line in child.stderr:
        if found := re.search(r"console on http://127\.0\.0\.1:(\d+)", line):
            threading.Thread(target=child.stderr.read, daemon=True).start()
            return child, int(found[1])
    raise SystemExit("no console")


def mail_server():
    """By the recipient's name: `no` is refused, `later` put off, `cut` accepted without an answer."""
    listener = socket.create_server(("127.0.0.1", 0))

    def talk(stream):
        lines, to = stream.makefile("rb"), b""
        stream.sendall(b"220 stub\r\n")
        for line in lines:
            verb = line[:4].upper()
            if verb == b"RCPT":
                to = line
                answer = b"550 no such mailbox" if b"<no@" in to else b"451 try again later" if b"<later" in to else b"250 ok"
            elif verb == b"DATA":
                stream.sendall(b"354 go on\r\n")
                while next(lines) != b".\r\n":
                    pass
                if b"<cut@" in to:
                    stream.shutdown(socket.SHUT_RDWR)
                    return
                answer = b"250 taken"
            else:
                answer = b"221 bye" if verb == b"QUIT" else b"250 ok"
            stream.sendall(answer + b"\r\n")

    def listen():
        while True:
            threading.Thread(target=talk, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=listen, daemon=True).start()
    return listener.getsockname()[1]


# the first issue, its letter written as a file
run("demo", "--out", ".")
today = date.fromisoformat(ask("SELECT date FROM edition")[0][0])
day = lambda n: str(today + timedelta(days=n))
shutil.copy(HERE / "qingbao.toml", WORK)
sources = '[defaults]\ninterval = "1h"\nallow_private = true\n'
for row in ask("SELECT id, name, url FROM source ORDER BY id"):
    sources += '\n[[source]]\nid = "{}"\nname = "{}"\nurl = "{}"\n'.format(*row)
(WORK / "sources.toml").write_text(sources)

for name, role in [("甲编辑", "editor"), ("乙编辑", "editor"), ("管理员", "admin")]:
    run("user", "add", name, "--role", role, "--password-file", "-", stdin=PASSWORD)
token = re.search(r"token +(\S+)", run("token", "add", "门户网站"))[1]
run("token", "add", "旧程序")
run("token", "revoke", "旧程序")

# the second and third without letters, and one of another publication whose letters fare differently
run("digest", "build", "--date", day(1))
run("digest", "build", "--date", day(2))
run("digest", "build", "--publication", "许昌产业月报", "--date", day(2))
names = ["yuebao", "no", "cut", "later", "later-cancelled"]
server = (HERE / "qingbao.toml").read_text().replace('"yuebao@office.example"', ", ".join(f'"{n}@office.example"' for n in names))
server += '\n[mail]\noperators = ["duty@office.example"]\non_uncertain = "hold"\n'
server += f'[mail.smtp]\nhost = "127.0.0.1"\nport = {mail_server()}\ntls = "none"\ntimeout = "5s"\npause = "0s"\n'
(WORK / "server.toml").write_text(server)
run("--config", "server.toml", "digest", "send", "4")
run("outbox", "cancel", str(ask("SELECT id FROM outbox WHERE recipient LIKE 'later-cancelled@%'")[0][0]))

child, port = serve()
Console(port, "甲编辑", "a wrong password")
editor, second, admin = (Console(port, name) for name in ("甲编辑", "乙编辑", "管理员"))
items = editor.items(1)
editor.edit(1, "down", article=items[0])
editor.edit(1, "move", article=items[2], column="财经数据", place=0)
second.edit(1, "rewrite", article=items[0], title="编辑改写的标题", summary="编辑改写的摘要。")
editor.edit(1, "drop", article=items[3], reason="repeated")
second.edit(1, "drop", article=items[4], reason="off-topic")
offered = re.search(r'name="article" value="(\d+)"', editor.page("/draft/1/pool").split("<table")[1])[1]
editor.edit(1, "add", article=offered, column="行业趋势")
editor.edit(1, "merge", article=items[5], into=items[6])
split = re.search(r'name="article" value="(\d+)"><input type="hidden" name="copy" value="(\d+)"', editor.page("/draft/1"))
editor.edit(1, "split", article=split[1], copy=split[2])
second.edit(1, "foreword", foreword="要撤销的话")
editor.edit(1, "undo")
editor.edit(1, "foreword", foreword="各位读者：这是第一期。")
editor.edit(1, "finalise")
items = second.items(2)
second.edit(2, "rewrite", article=items[0], title="第二期改写的标题", summary="第二期改写的摘要。")
second.edit(2, "drop", article=items[1], reason="stale")

# labels and stories put right in the archive
wrong = ask("SELECT id FROM article WHERE id NOT IN (SELECT article_id FROM item) ORDER BY id")
industry = re.search(r'name="(industry-\d+)" value="发制品"', editor.page(f"/articles/{wrong[0][0]}"))[1]
editor.post(f"/articles/{wrong[0][0]}", do="correct", column="行业报告", **{industry: "发制品"})
editor.post(f"/articles/{wrong[1][0]}", do="merge", copy=wrong[2][0])
copy = ask("SELECT max(id) FROM article WHERE story_id <> id")[0][0]
editor.post(f"/articles/{copy}", do="split", copy=copy)
admin.post("/sources", do="disable", id=ask("SELECT min(id) FROM source")[0][0])
assert admin.send("GET", "/api/v1/issues", bearer=token)[0] == 200
admin.post("/logout")
for _ in range(600):
    if ask("SELECT count(*) FROM outbox WHERE state = 'queued' AND tries = 0") == [(0,)]:
        break
    time.sleep(0.1)
child.terminate()
assert child.wait() == 0
run("user", "disable", "乙编辑")

# to keep the file small: what upkeep takes away after 30 and 90 days
with sqlite3.connect(WORK / "data/qingbao.db") as c:
    c.execute("DELETE FROM page WHERE entry_id > 5")
    c.execute("UPDATE outbox SET message = x'' WHERE edition_id = 1 AND state = 'sent'")

# a backup is a VACUUM into a new file, which then is checked
run("backup", "release.db")
subprocess.run(["zstd", "--ultra", "-22", "-q", "-f", WORK / "release.db", "-o", HERE / "qingbao.db.zst"], check=True)
shutil.copy(WORK / "sources.toml", HERE)
(HERE / "token.txt").write_text(token + "\n")
with sqlite3.connect(WORK / "release.db") as c:
    tables = c.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB 'article_words*' ORDER BY name").fetchall()
    rows = [f"{t}\t{c.execute(f'SELECT count(*) FROM {t}').fetchone()[0]}\n" for (t,) in tables]
(HERE / "rows.tsv").write_text("".join(rows))
print("".join(rows), run("digest", "list"), run("outbox", "list", "--all"), WORK, sep="\n")
