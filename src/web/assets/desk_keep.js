// The browser's keep: what is typed at the desk and not saved yet. It is there before the page is, for pages come slowly.
"use strict";
(() => {
  // of each editor apart: whoever signs in next in this browser must not save it under his name
  const PREFIX = "qingbao " + document.currentScript.dataset.user + " " + location.pathname + " ";
  const make = (tag, about, ...children) => { const e = Object.assign(document.createElement(tag), about); e.append(...children); return e; };
  // what the server has is in name_was
  const was = (field) => field.form.elements[field.name + "_was"];
  const isNew = (field) => field.value !== was(field).value;
  const key = (field) => PREFIX + (field.form.elements.article ? field.form.elements.article.value : 0) + " " + field.name;
  const store = (change) => { try { change(localStorage); } catch { /* a browser without storage keeps the page only */ } };
  // a text may have arrived though its answer did not: field.sent holds those, for an editor must not conflict with himself
  const keep = (field) => store((s) => isNew(field) ? s.setItem(key(field), JSON.stringify({ was: was(field).value, now: field.value, sent: field.sent })) : s.removeItem(key(field)));
  document.addEventListener("input", (e) => { if (e.target.closest(".edit") && e.target.dataset.most) keep(e.target); }, true);
  // a text whose place is gone: shown, until its writer does not want it any more
  function orphan(k, text, why) {
    const box = make("div", {});
    box.append(make("p", { textContent: why || "您写过这段文字，但它所属的一条已不在本期里：" }), make("textarea", { readOnly: true, rows: 3, value: text, ariaLabel: "没有保存的文字" }),
      make("button", { type: "button", textContent: "不要了", onclick: () => { store((s) => s.removeItem(k)); box.remove(); } }));
    document.getElementById("kept").append(box);
  }
  // an item that an editor was writing
  const OWN = "qingbao-own " + PREFIX;
  // all that is kept, for an issue that cannot be changed any more
  const orphans = () => store((s) => Object.keys(s).filter((k) => k.startsWith(PREFIX) || k === OWN).forEach((k) => {
    const kept = JSON.parse(s.getItem(k));
    orphan(k, k === OWN ? kept.slice(0, 2).join("\n") : kept.now, "本期已经定稿，您写的这段文字没有保存：");
  }));
  window.deskKeep = { PREFIX, OWN, make, was, isNew, key, store, keep, orphan, orphans };
})();
