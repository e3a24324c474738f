#!/usr/bin/env bash
# Installs a package into a bare Debian 12, runs it against five pages and a mail server on loopback, and removes it again; prints what is
# seen, word by word: deploy/try-install.sh PACKAGE.deb > docs/install.md
# Needs root, debootstrap, python3 and python3-aiosmtpd of Debian, and ports 2525, 8320 and 8400 free.
set -euo pipefail
package=$(realpath "$1")
scratch=$(mktemp -d)
root=$scratch/root
served=()
end() {
    for pid in "${served[@]}"; do kill "$pid" 2>/dev/null || true; done
    umount "$root/dev" "$root/proc" 2>/dev/null || true
    # never through a folder of this machine's that is still mounted in it
    rm -rf --one-file-system "$scratch"
}
trap end EXIT

{
    debootstrap --variant=minbase --include=ca-certificates bookworm "$root"
    mount --bind /dev "$root/dev"
    mount -t proc proc "$root/proc"
    cp -L /etc/resolv.conf "$root/etc/"
    cp "$package" "$root/root/"
} >&2

# the site and the mail server
mkdir "$scratch/site"
/usr/bin/python3 - "$scratch/site" <<'PY'
import datetime, email.utils, pathlib, sys
folder = pathlib.Path(sys.argv[1])
more = "有关负责人介绍，下一步将加快科技成果转化，延伸产业链条，扩大国内外市场。业内人士认为，技术创新和品牌建设是企业保持竞争力的关键。"
news = [
    ("许继电气特高压换流阀在许昌下线", "许继电气研制的特高压换流阀近日在许昌下线，国产化率达到百分之百，将用于西部电力外送工程。"),
    ("河南出台新能源汽车产业三年行动方案", "河南省工业和信息化厅印发新能源汽车产业三年行动方案，提出到2028年整车产量突破一百五十万辆，动力电池配套率达到七成。"),
    ("鄢陵县生物医药产业园一期竣工", "鄢陵县生物医药产业园一期竣工，首批十二家企业入驻，项目总投资21亿元，主要生产中药饮片和医疗器械。"),
    ("全国水泥行业冬季错峰生产方案发布", "中国水泥协会发布冬季错峰生产方案，河南等十五个省份水泥熟料生产线错峰停窑不少于一百天。"),
    ("许昌发制品企业前十个月出口额同比增长12.5%", "郑州海关数据显示，许昌发制品企业前十个月出口额152亿元，同比增长12.5%，主要销往美国、非洲和欧洲。"),
]
now = datetime.datetime.now(datetime.timezone.utc)
items = ""
for n, (title, text) in enumerate(news, 1):
    at = now - datetime.timedelta(hours=n)
    page = f"<!DOCTYPE html><html lang=zh><meta charset=utf-8><title>{title}</title><h1>{title}</h1><p>{text}</p><p>{more}</p><p>{more}</p></html>"
    (folder / f"{n}.html").write_text(page)
    items += f"<item><title>{title}</title><link>http://127.0.0.1:8400/{n}.html</link><pubDate>{email.utils.format_datetime(at)}</pubDate></item>"
(folder / "feed.xml").write_text(f'<?xml version="1.0"?><rss version="2.0"><channel><title>示例新闻网</title>{items}</channel></rss>')
PY
/usr/bin/python3 -m http.server --bind 127.0.0.1 --directory "$scratch/site" 8400 >/dev/null 2>&1 & served+=($!)
/usr/bin/python3 -m aiosmtpd -n -c aiosmtpd.handlers.Mailbox "$scratch/mail" -l 127.0.0.1:2525 >/dev/null 2>&1 & served+=($!)

inside() { chroot "$root" /usr/bin/env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive sh -c "$1"; }
# prints a command and what it says
show() { printf '\n# %s\n' "$1"; inside "$1" 2>&1 || printf '(exit %s)\n' "$?"; }

inside "apt-get update -qq" >&2
cat <<'END'
# Record of an installation

A bare Debian 12 (`debootstrap --variant=minbase bookworm`), the package, a few lines of settings: half a minute later the first draft is in the
mailbox. The site has five pages and a feed on loopback; the mail server keeps what it receives. `deploy/try-install.sh` makes this record, and repeats
it with any package.

A bare root has no systemd, so the script runs the unit's command itself. Everything else is as on a machine.

```
END
show "cat /etc/debian_version"
show "apt-get install -y -qq --no-install-recommends /root/$(basename "$package") 2>&1 | sed -n '/^Setting up qingbao/,\$p'"
show "ls -ld /etc/qingbao /etc/qingbao/* /var/lib/qingbao /var/backups/qingbao"
show "ls -d /etc/systemd/system/*.wants/qingbao*"
show "ls /usr/share/man/man1/qingbao* | wc -l; ls /usr/share/bash-completion/completions/qingbao"
inside "cat > /etc/qingbao/sources.toml" <<'END'
[[source]]
id = "shili"
name = "示例新闻网"
url = "http://127.0.0.1:8400/feed.xml"
allow_private = true
END
show "cat /etc/qingbao/sources.toml"
# a draft at any hour of any day
settings='s|^at = .*|at = "00:00"|
s|^days = .*|days = "daily"|
s|^catch_up = .*|catch_up = "24h"|
s|^recipients = .*|recipients = ["编辑部 <bianji@inst.example>"]|
s|^from = .*|from = "许昌竞争情报快递 <qingbao@inst.example>"|
s|^# \[mail.smtp\]|[mail.smtp]|
s|^# host = "smtp.*|host = "127.0.0.1"\nport = 2525|
s|^# tls = .*|tls = "none"|'
printf '%s\n' "$settings" > "$root/root/settings.sed"
show "cat /root/settings.sed; sed -i --follow-symlinks -f /root/settings.sed /etc/qingbao/qingbao.toml"
show "qingbaoctl user add 张三 --role admin | sed -E '2s/[^ ]{20}/(twenty characters)/'"
show "qingbaoctl digest mail-test --to bianji@inst.example"
printf '\n# systemctl restart qingbao      (there is no systemd in here: the command of the unit, as its user)\n'
inside "qingbaoctl serve > /tmp/log 2>&1 &"
for _ in $(seq 60); do inside "qingbaoctl outbox list --all" 2>/dev/null | grep -q 已发 && break; sleep 0.5; done
show "cat /tmp/log"
show "qingbaoctl healthcheck"
show "qingbaoctl outbox list --all"
show "qingbaoctl digest show | head -n 30"
show "qingbaoctl backup /var/backups/qingbao --keep 14"
show "qingbaoctl doctor"
printf '\n# systemctl stop qingbao\n'
inside "pid=\$(cat /var/lib/qingbao/qingbao.lock); kill \$pid; while kill -0 \$pid 2>/dev/null; do sleep 0.1; done"
show "tail -n 1 /tmp/log"
show "apt-get purge -y -qq qingbao 2>/dev/null | grep archive; ls /var/lib/qingbao /var/backups/qingbao"
cat <<'END'
```

The draft, as the mail server has it:

```
END
grep -hE '^(Subject|From|To|Message-ID|Content-Type):' "$(grep -l 'multipart/mixed' "$scratch"/mail/new/* | head -n 1)"
cat <<'END'
```

A service that starts after the draft hour first polls its sources once, then makes the draft.
END
