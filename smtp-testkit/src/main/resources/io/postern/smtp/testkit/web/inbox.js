"use strict";

// What is in a message becomes text in this page, never markup: everything goes through element() below.

const PAGE = 50;
const MAX_LISTED = 1000;
const MAX_READ = 2000;
const MAX_SOURCE = 1024 * 1024;
const MAX_LINKS = 1000;
const SEARCH_DELAY = 150;
const TABS = ["HTML", "Text", "Headers", "Attachments", "Source", "Envelope", "Transcript"];

const $ = id => document.getElementById(id);
const state = { messages: [], total: 0, more: false, query: "", selected: null, shown: null, tab: null, receivingAt: [] };

function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key in made) made[key] = value;
    else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

// --- asking the server

async function ask(path, options) {
  const response = await fetch("/api/messages" + path, options);
  if (!response.ok) throw new Error((await response.json().catch(() => ({}))).error || response.statusText);
  return response;
}

const json = (path, options) => ask(path, options).then(response => response.json());

let asked = 0;

async function reload() {
  const turn = ++asked;
  const wanted = Math.max(PAGE, Math.min(state.messages.length, 500));
  const list = await json(`?limit=${wanted}&query=${encodeURIComponent(state.query)}`).catch(() => null);
  if (list === null || turn !== asked) return;   // the stream tells that nobody is there; or a later question is under way
  Object.assign(state, { messages: list.messages, total: list.total, more: list.more, receivingAt: list.receivingAt });
  if (state.selected && !state.query && !state.messages.some(mail => mail.id === state.selected) && !state.more) select(null);
  showList();
}

async function older() {
  const last = state.messages[state.messages.length - 1];
  const list = await json(`?limit=${PAGE}&before=${last.id}&query=${encodeURIComponent(state.query)}`);
  const known = new Set(state.messages.map(mail => mail.id));
  state.messages.push(...list.messages.filter(mail => !known.has(mail.id)));
  state.more = list.more;
  showList();
}

function listen() {
  const events = new EventSource("/api/events");
  const live = (on, text) => {
    $("live").dataset.on = on;
    $("live").textContent = text;
  };
  events.onopen = () => {
    live("yes", "live");
    reload();                                    // what came while nobody listened
  };
  events.onerror = () => {
    live("no", "offline");
    if (events.readyState === EventSource.CLOSED) setTimeout(listen, 3000);
  };
  events.addEventListener("added", event => {
    if (state.query) return reload();            // the server knows whether it is found
    const mail = JSON.parse(event.data);
    if (state.messages.some(known => known.id === mail.id)) return;
    state.messages.unshift(Object.assign(mail, { fresh: true }));
    if (state.messages.length > MAX_LISTED) {
      state.messages.length = MAX_LISTED;
      state.more = true;
    }
    state.total++;
    showList();
  });
  events.addEventListener("removed", event => gone(JSON.parse(event.data).id));
  events.addEventListener("cleared", () => {
    Object.assign(state, { messages: [], total: 0, more: false });
    select(null);
    showList();
  });
}

function gone(id) {
  const index = state.messages.findIndex(mail => mail.id === id);
  state.total = Math.max(0, state.total - 1);
  if (index >= 0) state.messages.splice(index, 1);
  if (state.selected === id) {
    const next = state.messages[Math.min(index, state.messages.length - 1)];
    select(next ? next.id : null);
  }
  showList();
}

// --- what has been read, which only this browser knows

const read = new Set(JSON.parse(localStorage.getItem("read") || "[]"));

function markRead(id) {
  if (read.has(id)) return;
  read.add(id);
  localStorage.setItem("read", JSON.stringify([...read].slice(-MAX_READ)));
}

// --- words

const ago = new Intl.RelativeTimeFormat(undefined, { numeric: "auto", style: "short" });
const time = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const whole = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });

function relative(date) {
  const seconds = Math.round((date - Date.now()) / 1000);
  if (seconds > -45) return "now";
  if (seconds > -3600) return ago.format(Math.round(seconds / 60), "minute");
  return date.toDateString() === new Date().toDateString() ? time.format(date) : day.format(date);
}

function octets(size) {
  if (size < 1000) return `${size} B`;
  const kilo = size / 1000;
  return kilo < 1000 ? `${kilo.toFixed(kilo < 10 ? 1 : 0)} kB` : `${(kilo / 1000).toFixed(1)} MB`;
}

const plural = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;
const sender = mail => mail.sender || mail.from || "<>";
const called = address => address.replace(/<[^<>]*>$/, "").trimEnd().replace(/^"(.*)"$/, "$1") || address;
const recipients = mail => mail.to.join(", ") + (mail.recipientCount > mail.to.length ? `, and ${mail.recipientCount - mail.to.length} more` : "");

// --- the list

function row(mail) {
  const at = new Date(mail.receivedAt);
  const subject = mail.subject
    ? element("div", { className: "what", dir: "auto", title: mail.subject }, mail.subject)
    : element("div", { className: "what none" }, "no subject");
  const made = element("li", { className: "row", id: "mail-" + mail.id, role: "option" },
    element("span", { className: "dot" }),
    element("div", { className: "who", title: `${sender(mail)} → ${recipients(mail)}` },
      element("bdi", {}, called(sender(mail))), " → ", element("bdi", {}, recipients(mail))),
    element("time", { className: "when", dateTime: mail.receivedAt, title: whole.format(at) }, relative(at)),
    subject,
    ...(mail.attachmentCount ? [element("span", { className: "files-badge" }, plural(mail.attachmentCount, "file"))] : []),
    element("div", { className: "snippet", dir: "auto" }, mail.snippet || "\u00a0"));
  if (!read.has(mail.id)) {
    made.classList.add("unread");
    made.querySelector(".dot").setAttribute("title", "unread");
  }
  if (mail.fresh) made.classList.add("new");
  delete mail.fresh;
  made.ariaSelected = String(mail.id === state.selected);
  made.onclick = () => select(mail.id, true);
  return made;
}

function showList() {
  $("messages").replaceChildren(...state.messages.map(row));
  $("messages").setAttribute("aria-activedescendant", state.selected ? "mail-" + state.selected : "");
  $("more").hidden = !state.more;
  $("clear").disabled = state.total === 0;
  const unread = state.messages.filter(mail => !read.has(mail.id)).length;
  $("count").textContent = state.query
    ? `${state.messages.length}${state.more ? "+" : ""} of ${plural(state.total, "message")} found`
    : plural(state.total, "message") + (unread ? `, ${unread} unread` : "");
  document.title = unread ? `Inbox (${unread})` : "Inbox";
  showEmpty();
}

function showEmpty() {
  const nothing = state.total === 0;
  document.body.classList.toggle("no-mail", nothing && !state.query);
  const empty = $("empty");
  empty.hidden = state.selected !== null;
  if (!empty.hidden && nothing) {
    const at = state.receivingAt[0];
    empty.replaceChildren(
      element("img", { src: "/icon.svg", alt: "" }),
      element("h2", {}, "No mail yet"),
      element("p", {}, at ? "Send some by SMTP to " : "It appears here as it comes.", ...(at ? [element("strong", {}, at)] : [])),
      ...(at ? [element("pre", { className: "code" }, `swaks --server ${at} --to anne@example.org`)] : []));
  } else if (!empty.hidden) {
    empty.replaceChildren(
      element("h2", {}, state.messages.length ? "Nothing selected" : "Nothing found"),
      element("p", {}, ...(state.messages.length
        ? ["Choose a message, or press ", element("kbd", {}, "j"), " for the next, ", element("kbd", {}, "?"), " for help."]
        : ["No message has all these words."])));
  }
}

// --- a message

async function select(id, reading = false) {
  state.selected = id;
  document.body.classList.toggle("reading", reading && id !== null);
  if (id === null) {
    state.shown = null;
    $("message").hidden = true;
    return showList();
  }
  markRead(id);
  showList();
  $("mail-" + id)?.scrollIntoView({ block: "nearest" });
  try {
    const mail = await json("/" + id);
    if (state.selected !== id) return;
    state.shown = mail;
    showMessage(mail);
  } catch (error) {
    if (state.selected === id) select(null);
  }
}

function showMessage(mail) {
  const at = new Date(mail.receivedAt);
  $("message").hidden = false;
  $("subject").textContent = mail.subject || "no subject";
  $("subject").title = mail.subject;
  $("subject").classList.toggle("none", !mail.subject);
  $("summary").replaceChildren(...facts([
    ["From", sender(mail)],
    ["To", mail.to.slice(0, 10).join(", ") + (mail.to.length > 10 ? `, and ${mail.to.length - 10} more` : "")],
    ["Received", `${whole.format(at)} · ${octets(mail.size)}`],
  ]));
  const wanted = state.tab || (mail.html ? "HTML" : "Text");
  $("tabs").replaceChildren(...TABS.map((name, index) => {
    const tab = element("button", { type: "button", role: "tab", id: "tab-" + name, title: `${name} (${index + 1})` }, name);
    tab.disabled = name === "HTML" ? !mail.html : name === "Attachments" && !mail.attachmentCount;
    if (name === "Attachments" && mail.attachmentCount) tab.append(" ", element("span", { className: "number" }, String(mail.attachmentCount)));
    tab.onclick = () => { state.tab = name; show(name); };
    return tab;
  }));
  show($("tab-" + wanted).disabled ? "Text" : wanted);
  $("detail").scrollTop = 0;
}

function show(name) {
  for (const tab of $("tabs").children) {
    const chosen = tab.id === "tab-" + name;
    tab.ariaSelected = String(chosen);
    tab.tabIndex = chosen ? 0 : -1;
  }
  const panel = $("panel");
  panel.setAttribute("aria-labelledby", "tab-" + name);
  panel.replaceChildren(...views[name](state.shown));
}

const facts = pairs => pairs.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, element("bdi", {}, value))]);

/** A text in which the addresses of the web are links, which open a window that knows nothing of this one. */
function withLinks(text) {
  const parts = text.split(/(https?:\/\/[^\s"'<>]*[^\s"'<>.,;:!?)\]])/);
  const rest = parts.splice(2 * MAX_LINKS).join("");   // more would be too many arguments
  return [...parts.map((part, index) =>
    index % 2 ? element("a", { href: part, target: "_blank", rel: "noopener noreferrer" }, part) : part), rest];
}

const note = text => element("p", { className: "note" }, text);
const unreadable = () => [note("This message cannot be read as MIME. Its source is as it came.")];

const views = {
  HTML: mail => [element("iframe", {
    title: "HTML of the message",
    sandbox: "allow-popups allow-popups-to-escape-sandbox",
    referrerPolicy: "no-referrer",
    src: `/api/messages/${mail.id}/html`,
  })],

  Text: mail => !mail.readable ? unreadable() : [
    ...(mail.cut ? [note("Only the beginning is shown.")] : []),
    mail.text
      ? element("div", { className: "text", dir: "auto" }, ...withLinks(mail.text))
      : note(mail.html ? "There is no plain text, only HTML." : "The message is empty."),
  ],

  Headers: mail => !mail.readable ? unreadable()
    : [element("dl", { className: "facts" }, ...facts(mail.headers.map(field => [field.name, field.value])))],

  Attachments: mail => [element("ul", { className: "files" }, ...mail.attachments.map(part =>
    element("li", {}, element("a", { href: `/api/messages/${mail.id}/parts/${part.number}`, download: part.fileName },
      element("bdi", { className: "name" }, part.name || "unnamed"),
      element("span", { className: "kind" }, `${part.contentType}${part.inline ? ", inline" : ""} · ${octets(part.size)}`)))))],

  Source: mail => {
    const code = element("pre", { className: "code", tabIndex: 0 }, "…");
    const hint = note("");
    hint.append(element("a", { href: `/api/messages/${mail.id}/raw`, download: mail.id + ".eml" }, "Download as .eml"));
    source(mail.id).then(([text, cut]) => {
      code.textContent = text;
      if (cut) hint.append(". Only the first megabyte is shown.");
    }).catch(error => { code.textContent = error.message; });
    return [hint, code];
  },

  Envelope: mail => {
    const address = (text, parameters) =>
      element("span", {}, `<${text}> `, element("span", { className: "parameters" }, parameters));
    const session = mail.session;
    return [element("dl", { className: "facts" }, ...facts([
      ["MAIL FROM", address(mail.from, mail.fromParameters)],
      ...mail.recipients.map(to => ["RCPT TO", address(to.address, to.parameters)]),
      ["Received at", mail.receivedAt],
      ["Client", session.peer],
      ["Called itself", session.hostName || "nothing"],
      ["Protocol", session.extended ? "extended (EHLO or LHLO)" : "HELO"],
      ["Encrypted", session.tls || "no"],
      ["Logged in as", session.authenticated || "nobody"],
      ["Session", session.id],
      ["Message", mail.id],
    ]))];
  },

  Transcript: mail => !mail.transcript.length ? [note("The dialogue was not recorded.")] : [
    element("pre", { className: "code wire" }, ...mail.transcript.flatMap(line => [
      element("span", { className: "side", title: line.at }, line.side ? line.side + ":" : "--"),
      element("span", { className: { C: "client", S: "server" }[line.side] || "side" }, line.text)])),
    ...(mail.transcriptOmitted ? [note(`${mail.transcriptOmitted} more lines were not kept.`)] : []),
  ],
};

/** The beginning of the source; no more of it is loaded than is shown. */
async function source(id) {
  const reader = (await ask(`/${id}/raw`)).body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return [text + decoder.decode(), false];
    size += value.length;
    text += decoder.decode(value, { stream: true });
    if (size > MAX_SOURCE) {
      reader.cancel();
      return [text, true];
    }
  }
}

// --- what the reader does

function step(by) {
  if (!state.messages.length) return;
  const index = state.messages.findIndex(mail => mail.id === state.selected);
  const next = index < 0 ? 0 : Math.max(0, Math.min(state.messages.length - 1, index + by));
  select(state.messages[next].id, document.body.classList.contains("reading"));
}

async function remove(id) {
  if (id) await ask("/" + id, { method: "DELETE" }).catch(() => reload());
}

function back() {
  document.body.classList.remove("reading");
  $("messages").focus();
}

let pause;

function search(text) {
  state.query = text.trim();
  clearTimeout(pause);
  pause = setTimeout(reload, SEARCH_DELAY);
}

const keys = {
  j: () => step(1),
  ArrowDown: () => step(1),
  k: () => step(-1),
  ArrowUp: () => step(-1),
  Home: () => step(-Infinity),
  End: () => step(Infinity),
  Enter: () => { if (state.selected) { select(state.selected, true); $("panel").focus(); } },
  Delete: () => remove(state.selected),
  "/": () => $("search").focus(),
  "?": () => $("help").showModal(),
  Escape: () => {
    if ($("search").value) {
      $("search").value = "";
      search("");
    }
    back();
  },
};

document.addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const on = event.target;
  if (on === $("search") && !["Escape", "ArrowDown"].includes(event.key)) return;
  if (on.role === "tab" && ["ArrowLeft", "ArrowRight"].includes(event.key)) return turnTab(on, event.key === "ArrowRight" ? 1 : -1);
  if (event.key === "Enter" && on.matches("button, a")) return;
  if (["ArrowDown", "ArrowUp", "Home", "End"].includes(event.key) && on.closest("#panel")) return;   // they scroll
  const tab = TABS[Number(event.key) - 1];
  if (tab && state.shown && !$("tab-" + tab).disabled) {
    $("tab-" + tab).click();
  } else if (Object.hasOwn(keys, event.key)) {
    if (on === $("search")) on.blur();
    keys[event.key]();
    event.preventDefault();
  }
});

function turnTab(from, by) {
  const enabled = [...$("tabs").children].filter(tab => !tab.disabled);
  const next = enabled[(enabled.indexOf(from) + by + enabled.length) % enabled.length];
  next.click();
  next.focus();
}

$("search").oninput = event => search(event.target.value);
$("more").onclick = older;
$("back").onclick = back;
$("delete").onclick = () => remove(state.selected);
$("help-open").onclick = () => $("help").showModal();
$("clear").onclick = () => $("ask").showModal();
$("ask").onclose = () => {
  if ($("ask").returnValue === "yes") ask("", { method: "DELETE" }).catch(reload);
  $("ask").returnValue = "";
};

setInterval(() => {
  for (const when of document.querySelectorAll("time.when")) when.textContent = relative(new Date(when.dateTime));
}, 30000);

listen();
