// The browser's keep: what is typed at the desk and not saved yet. It is there before the page is, for pages come slowly.
"use strict";
(() => {
  const PREFIX = "qingbao " + location.pathname + " ";
  // what the server has stands in name_was
  const was = (field) => field.form.elements[field.name + "_was"];
  const isNew = (field) => field.value !== was(field).value;
  const key = (field) => PREFIX + (field.form.elements.article ? field.form.elements.article.value : 0) + " " + field.name;
  const store = (change) => { try { change(localStorage); } catch { /* a browser without storage keeps the page only */ } };
  // a text may have arrived though its answer did not: field.sent holds those, for an editor must not conflict with himself
  const keep = (field) => store((s) => isNew(field) ? s.setItem(key(field), JSON.stringify({ was: was(field).value, now: field.value, sent: field.sent })) : s.removeItem(key(field)));
  document.addEventListener("input", (e) => { if (e.target.closest(".edit") && e.target.dataset.most) keep(e.target); }, true);
  window.deskKeep = { PREFIX, was, isNew, key, store, keep };
})();
