// The tab of the notes: sending files from the browser, and opening a note in the list. Runs once, in a gr.HTML of the tab;
// `element`, `props`, `upload` and `watch` are Gradio's.
const AT_ONCE = 3;
const MOST = 2000;
const view = () => document.getElementById("fn-view-notes");
const signal = (name, value) => window.footnoteSignals?.[name]?.(value);
let sending = false;

// ---- adding
const told = () => JSON.parse(element.querySelector(".fn-drop")?.dataset.told ?? "{}");
const isNote = (name) => told().suffixes.some((suffix) => name.toLowerCase().endsWith(suffix));
const isHidden = (name) => name.startsWith(".") || name.startsWith("~$");

async function within(entry, above, found) {
  if (entry.isFile) {
    const file = await new Promise((done, failed) => entry.file(done, failed)).catch(() => null);
    if (file) found.push({ file, name: above + entry.name, named: !above });
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    const part = await new Promise((done, failed) => reader.readEntries(done, failed)).catch(() => []);
    if (!part.length) return;
    for (const each of part) if (!isHidden(each.name)) await within(each, `${above}${entry.name}/`, found);
  }
}

async function dropped(transfer) {
  const found = [];
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  for (const entry of entries) await within(entry, "", found);
  if (!entries.length) found.push(...[...transfer.files].map((file) => ({ file, name: file.name, named: true })));
  return found;
}

function progress(done, all, part) {
  const place = element.querySelector(".fn-sending");
  if (!place) return;
  if (all === 0) return place.replaceChildren();
  let bar = place.querySelector("progress");
  if (!bar) {
    bar = document.createElement("progress");
    bar.setAttribute("aria-label", told().label);
    place.append(bar, document.createElement("span"));
  }
  bar.max = 1;
  bar.value = part;
  place.querySelector("span").textContent = told().sending.replace("{}", done).replace("{}", all);
}

async function send(found) {
  if (sending || !found.length) return;
  sending = true;
  const notes = found.filter((each) => each.named || (isNote(each.name) && !each.name.split("/").some(isHidden)));
  const queue = notes.slice(0, MOST);
  const report = { sent: [], refused: [], others: found.length - notes.length, many: notes.length > MOST ? MOST : 0 };
  const bytes = queue.reduce((sum, { file }) => sum + file.size, 0) || 1;
  let done = 0;
  let gone = 0;
  const all = queue.length;
  const one = async () => {
    for (let each = queue.shift(); each; each = queue.shift()) {
      if (each.file.size > told().largest) report.refused.push([each.name, "too_large"]);
      else {
        try {
          const { path } = await upload(each.file);
          report.sent.push([each.name, path]);
        } catch {
          report.refused.push([each.name, "not_sent"]);
        }
      }
      gone += each.file.size;
      progress((done += 1), all, gone / bytes);
    }
  };
  progress(0, all, 0);
  await Promise.all(Array.from({ length: AT_ONCE }, one));
  progress(0, 0, 0);
  sending = false;
  signal("add-notes", JSON.stringify(report));
}

element.addEventListener("change", (event) => {
  const files = [...event.target.files];
  event.stopPropagation();
  send(files.map((file) => ({ file, name: file.webkitRelativePath || file.name, named: !file.webkitRelativePath })));
  event.target.value = "";
});
const over = (event, yes) => {
  if (!view()?.contains(event.target) || ![...(event.dataTransfer?.types ?? [])].includes("Files")) return false;
  event.preventDefault();
  element.querySelector(".fn-drop")?.classList.toggle("fn-over", yes);
  return true;
};
document.addEventListener("dragover", (event) => over(event, true));
document.addEventListener("dragleave", (event) => event.relatedTarget || over(event, false));
document.addEventListener("drop", async (event) => {
  if (over(event, false)) send(await dropped(event.dataTransfer));
});

// ---- the list: one note open at a time, its inside fetched when it is opened, and kept open when the list is drawn anew
const list = () => document.getElementById("fn-notes-list");
let opened = "";
let inside = null;
let keptOpen = false; // what cleaning took out is unfolded

function show(details, from) {
  const slot = details.querySelector(".fn-inside");
  const parts = [...slot.querySelectorAll("details")].map((part) => part.open);
  slot.replaceChildren(...[...from.childNodes].map((node) => node.cloneNode(true)));
  slot.querySelectorAll("details").forEach((part, at) => (part.open = parts[at] ?? keptOpen));
}

document.addEventListener(
  "toggle",
  (event) => {
    const details = event.target;
    if (details.matches?.("#fn-notes-list .fn-gone-part") && details.isConnected) keptOpen = details.open;
    if (!details.matches?.("#fn-notes-list details.fn-note-item")) return;
    if (details.open) {
      if (opened === details.dataset.note) return;
      keptOpen = false;
      opened = details.dataset.note;
      inside = null;
      signal("note", opened);
    } else if (opened === details.dataset.note && details.isConnected) opened = "";
  },
  true,
);

new MutationObserver(() => {
  const detail = document.querySelector("#fn-note-detail [data-note]");
  const details = opened && list()?.querySelector(`details[data-note="${CSS.escape(opened)}"]`);
  if (!details) return;
  if (!details.open) details.open = true;
  const fresh = detail?.dataset.note === opened ? detail : inside;
  if (fresh && details.shown !== fresh.dataset.version) {
    details.shown = fresh.dataset.version;
    inside = fresh.cloneNode(true);
    const held = details.contains(document.activeElement);
    show(details, fresh);
    if (held) details.querySelector("summary").focus({ preventScroll: true });
  }
}).observe(document.body, { childList: true, subtree: true });

// Find a note by name or heading, without the server.
document.addEventListener("input", (event) => {
  if (event.target.id !== "fn-notes-filter") return;
  const wanted = event.target.value.trim().toLowerCase();
  let shown = 0;
  for (const item of list().querySelectorAll("details.fn-note-item")) {
    item.parentElement.hidden = !item.dataset.find.includes(wanted);
    shown += !item.parentElement.hidden;
  }
  const none = list().querySelector(".fn-none-found");
  if (none) none.hidden = shown > 0;
});

// Words and paths that a form of ours sends: Enter and the button do the same.
document.addEventListener("submit", (event) => {
  const form = event.target.closest?.("form.fn-line");
  if (!form) return;
  event.preventDefault();
  signal(form.getAttribute("name"), form.querySelector("input").value);
});
