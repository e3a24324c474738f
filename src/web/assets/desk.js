// The desk: every text is saved by itself, changes are made one after the other and without a reload. What the server does not
// have yet is kept in the browser. Without this script every form works by its own button.
"use strict";
(() => {
  const desk = document.getElementById("desk");
  if (!desk) return;
  const SAVE_AFTER = 1500, POLL_EVERY = 10000, RETRY_EVERY = 3000;
  const { PREFIX, make, was, isNew, key, store, keep, orphan, orphans } = window.deskKeep;
  if ("final" in desk.dataset) return orphans();
  const bar = document.getElementById("state");
  let version = Number(desk.dataset.version), csrf = desk.querySelector("input[name=csrf]").value;
  const all = (selector, from) => [...(from || desk).querySelectorAll(selector)];
  const items = () => all(".item");
  const wait = (ms) => new Promise((done) => setTimeout(done, ms));

  // ---- the line that is always in view
  const clock = () => new Date().toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit" });
  const say = (words, bad, ...more) => { bar.textContent = words; bar.append(...more); bar.classList.toggle("bad", !!bad); };
  const waiting = () => queue.length + all(".edit").filter(isDirty).length;

  // ---- texts
  const fields = (form) => all("[data-most]", form);
  const isDirty = (form) => fields(form).some(isNew);
  const mark = (form) => {
    const item = form.closest(".item");
    if (item) item.classList.toggle("unsaved", isDirty(form));
    fields(form).forEach((f) => {
      const letters = [...f.value].length, most = Number(f.dataset.most);
      let left = f.nextElementSibling;
      if (!left || !left.classList.contains("left")) f.after(left = make("span", { className: "left" }));
      left.textContent = (f.name === "title" || !letters) && letters <= most ? "" : letters <= most ? letters + " 字" : `多出 ${letters - most} 字，最多 ${most} 字：删短后才能保存`;
      left.classList.toggle("over", letters > most);
    });
  };
  const set = (field, text) => { was(field).value = text; field.value = text; keep(field); mark(field.form); };

  // ---- changes go to the server one at a time, in their order; what fails for the network is tried until it is there
  const queue = [];
  // ended: 定稿, by whomever; what is not saved is shown by the next page out of the keep
  let busy = false, ended = false;
  function enqueue(job) { queue.push(job); work(); }
  async function work() {
    if (busy) return;
    busy = true;
    desk.dataset.busy = "";
    while (queue.length) {
      say("正在保存…");
      const done = await attempt(queue[0]).catch((e) => { console.error(e); return "retry"; });
      if (done === "retry") await wait(RETRY_EVERY); else if (done !== "again") queue.shift();
    }
    busy = false;
    delete desk.dataset.busy;
  }
  const login = () => make("a", { href: desk.dataset.state.replace(/draft\/.*/, "login"), target: "_blank", textContent: "在新窗口登录" });
  async function ask(url, options) {
    let answer;
    try { answer = await fetch(url, { ...options, headers: { "x-requested-by": "console" }, redirect: "manual" }); } catch {
      say(`没有保存：连不上服务器，正在重试。您写的文字都留在浏览器里（${waiting()} 处待保存）`, true);
      return undefined;
    }
    if (answer.type === "opaqueredirect") { say(`没有保存：登录已过期，请`, true, login(), "，登录后会自动继续。您写的文字都留在浏览器里"); return undefined; }
    if (answer.status >= 500 || answer.status === 429 || answer.status === 408) { say("没有保存：服务器暂时不能处理，正在重试。您写的文字都留在浏览器里", true); return undefined; }
    return answer;
  }
  async function attempt(job) {
    const sent = job.form ? fields(job.form).filter(isNew).map((f) => [f, f.value]) : [];
    const data = job.upload || new URLSearchParams(job.data);
    data.set("csrf", csrf);
    data.set("version", version);
    for (const [f, text] of sent) { data.set(f.name + "_was", was(f).value); data.set(f.name, text); }
    if (job.text && !sent.length) return "nothing";
    for (const [f, text] of sent) { f.sent = [...(f.sent || []).filter((t) => t !== text), text].slice(-9); keep(f); }
    const answer = await ask(job.url || location.pathname, { method: "POST", body: data });
    if (!answer) return "retry";
    if (answer.status === 403) {
      // another sign-in has another token
      const fresh = await ask(desk.dataset.state + "?version=" + version);
      const state = fresh && fresh.ok && await fresh.json();
      if (!state || state.csrf === csrf) { say("没有保存：没有权限，正在重试", true); return "retry"; }
      if (state.user !== desk.dataset.user) { say(`没有保存：这个浏览器现在登录的是${state.user}，请由${desk.dataset.user}重新登录`, true, login()); return "retry"; }
      csrf = state.csrf;
      return "retry";
    }
    const isJson = (answer.headers.get("content-type") || "").includes("json");
    const outcome = isJson ? await answer.json() : { words: answer.status === 413 ? "没有成功：文件太大，单个不超过 10 MB" : `没有成功（${answer.status}）` };
    if (answer.ok) {
      for (const [f, text] of sent) { was(f).value = text; f.sent = []; keep(f); }
      if (job.form) mark(job.form);
      if (job.told || job.form) calm(job.told || job.form);
      say("已保存 " + clock());
      offer(outcome.offers, job.data);
    } else if (outcome.conflict) {
      const mine = sent.find(([f]) => f.getAttribute("aria-label") === outcome.conflict.field && isMine(f.sent, outcome.conflict.theirs));
      if (mine) { was(mine[0]).value = outcome.conflict.theirs; return "again"; }
      sent.filter(([f]) => f.getAttribute("aria-label") === outcome.conflict.field).forEach(([f]) => showConflict(f, outcome.conflict.theirs));
      say(outcome.words + "：两种写法都列在那一条里，请选择", true);
    } else {
      if (job.told || job.form) tell(job.told || job.form, outcome.words, outcome.choices);
      say(outcome.words, true);
    }
    if (outcome.state) await sync(outcome.state);
    if (job.done) job.done(answer.ok);
    return "done";
  }
  // what came of a form is told where it stands; of the bar's forms by the bar alone
  const place = (form) => form.closest(".item, section, aside");
  function calm(form) {
    if (!place(form)) return;
    all(".told", place(form)).forEach((t) => t.remove());
    place(form).classList.remove("failed");
  }
  const answered = (form) => (ok) => form.dispatchEvent(new CustomEvent("answered", { bubbles: true, detail: ok }));
  // rules that may be made of the item that was dropped; they go with the next drop or undo
  function offer(offers, data) {
    const box = document.getElementById("offers");
    if (!box || !data || !(offers || data.drop || ["drop", "undo", "redo"].includes(data.do))) return;
    box.hidden = !offers;
    box.replaceChildren("以后不再要：");
    for (const o of offers || []) box.append(make("a", { className: "offer", href: o.href, target: "_blank", textContent: o.label }), " ");
    box.append(make("button", { type: "button", className: "plain", textContent: "不用了", onclick: () => { box.hidden = true; } }));
  }
  // choices: what may be done instead, each by a form of its own
  function tell(form, words, choices) {
    if (!place(form)) return;
    calm(form);
    const told = make("p", { className: "told bad", role: "alert", textContent: words });
    for (const c of choices || []) told.append(" ", make("button", { type: "button", textContent: c.label, onclick: () => enqueue({ told: form, data: c.fields, done: answered(form) }) }));
    form.prepend(told);
    place(form).classList.add("failed");
  }
  // a real conflict: both texts side by side, where they belong
  function showConflict(field, theirs) {
    all(`.conflict[data-name=${field.name}]`, field.form).forEach((c) => c.remove());
    const box = make("div", { className: "conflict", role: "alert" });
    box.dataset.name = field.name;
    const button = (words, act) => make("button", { type: "button", textContent: words, onclick: () => { box.remove(); act(); } });
    box.append(make("b", { textContent: `别人刚刚改了${field.getAttribute("aria-label")}：` }), make("p", { className: "theirs", textContent: theirs }),
      button("用我写的", () => { was(field).value = theirs; keep(field); save(field.form); }), button("用对方的", () => { set(field, theirs); save(field.form); }));
    field.after(box);
  }
  const inConflict = (form) => !!form.querySelector(".conflict");
  const isTooLong = (form) => fields(form).some((f) => [...f.value].length > Number(f.dataset.most));

  // ---- saving by itself
  const timers = new Map();
  function save(form) {
    clearTimeout(timers.get(form));
    timers.delete(form);
    if (isDirty(form) && !inConflict(form) && !isTooLong(form)) enqueue({ form, text: true, data: { do: form.elements.foreword ? "foreword" : "rewrite", article: form.elements.article ? form.elements.article.value : "" } });
  }
  desk.addEventListener("input", (e) => {
    const form = e.target.closest(".edit");
    if (!form || !e.target.dataset.most) return;
    mark(form);
    say("有未保存的改动");
    clearTimeout(timers.get(form));
    timers.set(form, setTimeout(() => save(form), SAVE_AFTER));
  });
  desk.addEventListener("focusout", (e) => { const form = e.target.closest(".edit"); if (form && timers.has(form)) save(form); });
  addEventListener("beforeunload", (e) => { if (waiting() && !ended) e.preventDefault(); });

  // ---- what an earlier page left behind
  function restore() {
    store((s) => Object.keys(s).filter((k) => k.startsWith(PREFIX)).forEach((k) => {
      const [article, name] = k.slice(PREFIX.length).split(" "), text = JSON.parse(s.getItem(k));
      const form = article === "0" ? desk.querySelector("textarea[name=foreword]").form : desk.querySelector(`#a${CSS.escape(article)} .edit`);
      const field = form && form.elements[name];
      if (!field) return orphan(k, text.now);
      const theirs = was(field).value;
      if (theirs === text.now) return s.removeItem(k);
      field.value = text.now;
      mark(form);
      field.sent = text.sent;
      if (theirs === text.was || isMine(text.sent, theirs)) save(form); else showConflict(field, theirs);
    }));
  }

  // ---- the page as the server has it; texts under work stay
  async function sync(state) {
    if (state.user !== desk.dataset.user) return;
    csrf = state.csrf;
    for (const [name, label] of [["undo", state.undo], ["redo", state.redo]]) {
      const b = desk.querySelector(`button[value=${name}]`);
      b.disabled = !label;
      b.querySelector("span").textContent = label ? " " + label : "";
    }
    items().forEach((i) => { i.querySelector(".who").textContent = state.people.filter((p) => String(p.article) === i.dataset.article).map((p) => p.name + " 在看　").join(""); });
    // not at once: the queue must be empty, or the editor would be asked whether to leave
    if (state.final) { ended = true; setTimeout(() => location.reload()); say("本期已经定稿或送审", true); }
    version = state.version;
    if (!state.content) return;
    const wanted = state.content.columns.flatMap((c) => c.items.map(String));
    if (wanted.some((id) => !document.getElementById("a" + id))) await fetchItems(wanted);
    for (const item of items().filter((i) => !wanted.includes(i.dataset.article))) {
      fields(item.querySelector(".edit")).filter(isNew).forEach((f) => { keep(f); orphan(key(f), f.value); });
      item.remove();
    }
    const focused = document.activeElement;
    for (const c of state.content.columns) {
      const section = all(".column").find((s) => s.dataset.column === c.name), empty = section.querySelector(".empty");
      const have = all(".item", section).map((i) => i.dataset.article);
      if (have.join() !== c.items.join()) c.items.forEach((id) => { const i = document.getElementById("a" + id); if (i) empty.before(i); });
      desk.querySelector(`[data-count="${CSS.escape(c.name)}"]`).textContent = c.items.length;
      for (const [id, texts] of Object.entries(c.texts)) {
        const item = document.getElementById("a" + id);
        if (!item) continue;
        const form = item.querySelector(".edit");
        form.elements.column.value = c.name;
        take(form.elements.title, texts.title);
        take(form.elements.summary, texts.summary);
        take(form.elements.note, texts.note);
        if (texts.text !== undefined) take(form.elements.text, texts.text);
        item.dataset.print = texts.print;
        all(".print button", item).forEach((b) => b.setAttribute("aria-pressed", b.value === "print-" + texts.print));
        item.querySelector(".changed").hidden = !texts.text_edited;
        evidence(item, state.content.evidence[id]);
        if (item.dataset.files !== texts.files.map((f) => f + ",").join("")) await refreshFiles(item);
      }
    }
    take(desk.querySelector("textarea[name=foreword]"), state.content.foreword);
    desk.querySelector(".composed").hidden = state.content.foreword_edited;
    desk.querySelector(".written").hidden = !state.content.foreword_edited;
    desk.querySelector(".stale").replaceChildren(...state.content.stale.map((words) => make("li", { textContent: words })));
    const doubted = Object.values(state.content.evidence).some((c) => c.unsupported.length);
    const anyway = desk.querySelector(".anyway");
    if (anyway) anyway.hidden = !state.content.stale.length && !doubted;
    if (focused && focused !== document.activeElement && desk.contains(focused)) focused.focus({ preventScroll: true });
  }
  // what has no support in the article, and the article's passages
  function evidence(item, check) {
    const marks = item.querySelector(".unsupported"), passages = item.querySelector(".passages dl");
    if (!check || !marks) return;
    marks.replaceChildren(...check.unsupported.map((words) => make("li", { textContent: words })));
    if (passages) passages.replaceChildren(...check.passages.flatMap((p) => [make("dt", { textContent: p.sentence }), make("dd", { textContent: p.article || "原文里没有找到" })]));
  }
  const isMine = (sent, text) => (sent || []).some((t) => same(t, text));
  const same = (a, b) => a.replace(/\s+/g, " ").trim() === b.replace(/\s+/g, " ").trim();
  // a text from the server; one that is being written is left alone, and a real conflict shows when it is saved
  function take(field, text) {
    if (same(field.value, text)) { was(field).value = field.value; keep(field); mark(field.form); return; }
    if (!isNew(field)) set(field, text);
  }
  async function fetchPage() {
    const answer = await ask(location.pathname);
    return answer && answer.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : undefined;
  }
  async function refreshFiles(item) {
    const page = await fetchPage(), fresh = page && page.getElementById(item.id);
    if (!fresh) return;
    const old = item.querySelector(".files"), files = document.adoptNode(fresh.querySelector(".files"));
    files.open = old.open;
    old.replaceWith(files);
    item.dataset.files = fresh.dataset.files;
  }
  async function fetchItems(wanted) {
    const page = await fetchPage();
    if (!page) return;
    for (const id of wanted.filter((id) => !document.getElementById("a" + id))) {
      const item = page.getElementById("a" + id);
      if (item) { desk.querySelector(".column .empty").before(document.adoptNode(item)); prepare(item); }
    }
  }
  setInterval(async () => {
    if (busy || document.hidden) return;
    const at = current() ? current().dataset.article : 0, known = version;
    const answer = await fetch(`${desk.dataset.state}?version=${known}&at=${at}`, { redirect: "error" }).catch(() => undefined);
    if (answer && answer.ok && !busy && known === version) await sync(await answer.json());
  }, POLL_EVERY);

  // ---- actions: the text of the item goes with them
  const current = () => document.activeElement && document.activeElement.closest(".item");
  const focus = (item) => { if (item) item.focus({ preventScroll: true }); };
  desk.addEventListener("submit", (e) => {
    const button = e.submitter, form = e.target;
    if (form.method !== "post" || !button) return;
    e.preventDefault();
    act(form, button.name, button.value, button);
  });
  function act(form, name, value, button) {
    const item = form.closest(".item");
    if (value === "rewrite" || value === "foreword") return save(form);
    // changed texts are sent by the form of their item; all else as it stands
    const isText = (n) => form.matches(".edit") && (n.endsWith("_was") || (form.elements[n] && form.elements[n].dataset.most));
    const written = new FormData(form);
    for (const n of [...written.keys()]) if (n === "csrf" || n === "version" || isText(n)) written.delete(n);
    if (name) written.set(name, value);
    const upload = form.enctype === "multipart/form-data" && written;
    const data = upload ? {} : Object.fromEntries(written);
    if (button && button.dataset.confirm) {
      all(".edit").forEach(save);
      if (all(".edit").some((f) => inConflict(f) || isTooLong(f))) return say("还有没有保存的文字：请先处理标红的几条", true);
      if (!confirm(button.dataset.confirm)) return;
      return enqueue({ data, url: form.action });
    }
    if (value === "top" && item) data.column = item.closest(".column").dataset.column;
    const list = items(), at = list.indexOf(item), next = list[at + 1] || list[at - 1];
    clearTimeout(timers.get(form));
    const text = item ? item.querySelector(".edit") : form.matches(".edit") && form;
    enqueue({ form: text || undefined, told: form, data, upload, url: upload && form.action, done: (ok) => {
      answered(form)(ok);
      if (!ok) return;
      if (name === "drop") { if (item) focus(next); all("[data-pick]:checked").forEach((p) => { p.checked = false; }); picks(); } else focus(item);
    } });
  }
  function put(moved, target) {
    const column = target.closest(".column"), before = target.classList.contains("item") ? target.dataset.article : "";
    enqueue({ form: moved.querySelector(".edit"), data: { do: "move", article: moved.dataset.article, column: column.dataset.column, before }, done: () => focus(moved) });
  }
  function picks() {
    const picked = all("[data-pick]:checked").map((p) => p.dataset.pick), form = desk.querySelector(".picked");
    form.hidden = !picked.length;
    form.elements.articles.value = picked.join();
    form.querySelector("b").textContent = picked.length;
  }
  desk.addEventListener("change", (e) => { if (e.target.dataset.pick) picks(); });
  desk.querySelector(".fold").addEventListener("click", (e) => {
    const fold = e.target.getAttribute("aria-pressed") !== "true";
    e.target.setAttribute("aria-pressed", fold);
    e.target.textContent = fold ? "全部展开" : "全部收起";
    items().forEach((i) => i.classList.toggle("folded", fold));
  });

  // ---- keys
  addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    if (/^(INPUT|TEXTAREA|SELECT)$/.test(e.target.tagName)) { if (e.key === "Escape") { e.target.blur(); focus(e.target.closest(".item")); } return; }
    const list = items(), item = current(), at = list.indexOf(item);
    const go = (i) => { const to = list[Math.max(0, Math.min(list.length - 1, i))]; if (to) { to.focus({ preventScroll: true }); to.scrollIntoView({ block: "nearest" }); } };
    const by = (name, value) => { if (item) act(item.querySelector(".edit"), name, value); };
    const bar = (value) => { const b = desk.querySelector(`button[value=${value}]`); if (!b.disabled) act(b.form, "do", value); };
    const keys = {
      j: () => go(at + 1), k: () => go(at < 0 ? 0 : at - 1), e: () => { if (item) item.querySelector("input.title").focus(); },
      x: () => by("drop", "off-topic"), "[": () => by("do", "up"), "]": () => by("do", "down"), t: () => by("do", "top"),
      s: () => { const passages = item && item.querySelector(".passages"); if (passages) passages.open = !passages.open; },
      c: () => { if (item) item.classList.toggle("folded"); }, u: () => bar("undo"), r: () => bar("redo"),
      p: () => document.getElementById("open-pool").click(), w: () => desk.querySelector("[name=foreword]").focus(),
      n: () => { const own = desk.querySelector(".own"); own.closest("details").open = true; own.querySelector(".title").focus(); },
      // the question before 定稿 comes first, if there is one
      g: () => {
        document.getElementById("signing").scrollIntoView();
        (desk.querySelector("#signing .anyway:not([hidden]) input") || desk.querySelector("#signing .main"))?.focus();
      },
    };
    const column = all(".column")[Number(e.key) - 1];
    if (keys[e.key]) { e.preventDefault(); keys[e.key](); } else if (item && column) { e.preventDefault(); put(item, column); }
  });

  // ---- dragging: an item by its edge, for dragging from a field would select text; fingers by the grip
  let dragged;
  const over = (target) => { all(".over").forEach((o) => o.classList.remove("over")); if (target) target.classList.add("over"); };
  const under = (e) => { const t = e.target.closest && e.target.closest(".item, .column"); return t && t !== dragged ? t : undefined; };
  desk.addEventListener("dragover", (e) => { const t = dragged && under(e); if (t) { e.preventDefault(); over(t); } });
  desk.addEventListener("drop", (e) => { const t = dragged && under(e); if (t) { e.preventDefault(); put(dragged, t); } over(); dragged = undefined; });
  desk.addEventListener("dragend", () => { over(); dragged = undefined; });
  function prepare(item) {
    mark(item.querySelector(".edit"));
    item.addEventListener("mousedown", (e) => { item.draggable = e.target === item || e.target.tagName === "P" || e.target.classList.contains("grip"); });
    item.addEventListener("dragstart", (e) => { dragged = item; e.dataTransfer.effectAllowed = "move"; });
    const grip = item.querySelector(".grip");
    let target, held = false;
    grip.addEventListener("pointerdown", (e) => { e.preventDefault(); held = true; target = undefined; if (e.isTrusted) grip.setPointerCapture(e.pointerId); item.classList.add("dragged"); });
    grip.addEventListener("pointermove", (e) => {
      if (!held) return;
      const at = document.elementFromPoint(e.clientX, e.clientY), t = at && at.closest(".item, .column");
      over(target = t && t !== item ? t : undefined);
      // near an edge the page comes along
      if (e.clientY < 60) scrollBy(0, -20); else if (e.clientY > innerHeight - 60) scrollBy(0, 20);
    });
    const end = (drop) => () => { held = false; item.classList.remove("dragged"); over(); if (drop && target) put(item, target); target = undefined; };
    grip.addEventListener("pointerup", end(true));
    grip.addEventListener("pointercancel", end(false));
  }
  items().forEach(prepare);
  // ---- on paper fields would clip their text, and not go over to the next page
  addEventListener("beforeprint", () => all(".edit [data-most]").forEach((f) => f.after(make("p", { className: "printed " + f.className, textContent: f.value }))));
  addEventListener("afterprint", () => all(".printed").forEach((p) => p.remove()));
  // what the server has stands in the page's own text; what differs already was typed before this script ran
  all(".edit").forEach((form) => {
    fields(form).forEach((f) => {
      was(f).value = f.defaultValue;
      if (!isNew(f)) return;
      store((s) => { const earlier = JSON.parse(s.getItem(key(f)) || "null"); if (earlier && earlier.now !== f.value) orphan(key(f), earlier.now, "您先前写过这段文字，还没有保存："); });
      keep(f);
      timers.set(form, setTimeout(() => save(form), SAVE_AFTER));
    });
    mark(form);
  });
  restore();
  window.deskTools = { ask, focus };
})();
