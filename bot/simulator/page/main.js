// The stage: who is on it, which phone is chosen, and the live events that reach them.
import { call, listen } from "/simulator/page/api.js";
import { Drawer } from "/simulator/page/drawer.js";
import { el, news } from "/simulator/page/dom.js";
import { avatar, Phone } from "/simulator/page/phone.js";

const NAMES = ["Joy", "Tomas", "Leila", "Kwame", "Ines", "Ravi", "Sara", "Otieno", "Mei", "Luis"];
const CROWD = 24; // more phones than this nobody can look at; the others come by #/phone/…
const narrow = window.matchMedia("(max-width: 760px)");
const stage = document.querySelector(".phones");
const tabs = document.querySelector(".tabs");
const drawerPlace = document.querySelector(".drawer");
const behind = document.querySelector("#behind");
const phones = new Map();
const drawer = new Drawer(drawerPlace, () => toggleDrawer(false));
let business = "";
let chosen = null;

const seen = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    const phone = [...phones.values()].find((each) => each.place === target);
    if (!phone) continue;
    phone.shown = isIntersecting;
    if (isIntersecting) { phone.down(); phone.look(); }
  }
  showTabs();
}, { threshold: 0.4 });

function addPhone(person) {
  if (phones.has(person.person)) return phones.get(person.person);
  const phone = new Phone(person, business, () => choose(person.person));
  phones.set(person.person, phone);
  stage.append(phone.place);
  seen.observe(phone.place);
  phone.catchUp().catch((problem) => news(problem.message));
  arrange();
  return phone;
}

function choose(key) {
  if (!phones.has(key) || chosen === key) return;
  chosen = key;
  for (const [each, phone] of phones) phone.place.classList.toggle("chosen", each === key);
  showTabs();
  if (!drawerPlace.hidden) drawer.show(phones.get(key).person);
}

function showTabs() {
  tabs.replaceChildren(...[...phones.values()].filter(({ place }) => !place.hidden).map((phone) => {
    const { person, name } = phone.person;
    const label = phone.unread ? `${name}, ${phone.unread} unread` : name;
    return el("button", { type: "button", "aria-label": label, title: name, "aria-current": person === chosen ? "true" : null, onclick: () => { location.hash = narrow.matches ? "#/" : location.hash; choose(person); } },
      avatar(phone.person, 32), phone.unread ? el("span", { class: "count" }, String(phone.unread)) : null);
  }));
}

/** #/phone/+12025550101 leaves one phone on the stage; #/ brings all back. */
function arrange() {
  const match = /^#\/phone\/(.+)$/.exec(location.hash);
  const wanted = match && decodeURIComponent(match[1]);
  const alone = wanted && [...phones.values()].find(({ person }) => [person.person, person.phone, person.username].includes(wanted) || person.person === wanted.toLowerCase());
  stage.classList.toggle("alone", Boolean(alone));
  for (const phone of phones.values()) {
    phone.place.hidden = Boolean(alone) && phone !== alone;
    phone.offer(Boolean(alone));
  }
  choose(alone ? alone.person.person : chosen ?? phones.keys().next().value);
  showTabs();
}

function toggleDrawer(open) {
  drawerPlace.hidden = !open;
  behind.setAttribute("aria-pressed", String(open));
  if (open && chosen) drawer.show(phones.get(chosen).person).catch((problem) => news(problem.message));
}

const hear = {
  person: ({ person }) => phones.size < CROWD && addPhone(person),
  message: ({ person, message }) => phones.get(person)?.add(message, { live: true }),
  status: (event) => phones.get(event.person)?.status(event),
  typing: ({ person }) => phones.get(person)?.typing(true),
  faults: ({ faults }) => drawer.showFaults(faults),
  prompt: ({ person, url }) => phones.get(person)?.openTill(url, "M-Pesa"),
};

let refreshing;
function heard(event) {
  hear[event.event]?.(event);
  if (event.event === "message") showTabs();
  if (event.person === chosen || event.event === "payment") {
    clearTimeout(refreshing);
    refreshing = setTimeout(() => drawer.refresh().catch(() => {}), 250);
  }
}

async function addPerson(usernameOnly) {
  const taken = new Set([...phones.values()].map(({ person }) => person.name));
  const name = NAMES.find((each) => !taken.has(each)) ?? `Guest ${phones.size + 1}`;
  const body = usernameOnly ? { name } : { name, phone: freeNumber() };
  const person = await call("POST", "/people", body);
  location.hash = "#/";
  addPhone(person);
  choose(person.person);
  phones.get(person.person).place.scrollIntoView({ inline: "center", block: "nearest", behavior: "smooth" });
  news(`${name} is here.`);
}

function freeNumber() {
  for (let n = 3; n < 100; n += 1) {
    const digits = `120255501${String(n).padStart(2, "0")}`;
    if (!phones.has(digits)) return `+${digits}`;
  }
  return `+1202555${String(Date.now()).slice(-4)}`;
}

function addMenu(event) {
  const button = event.currentTarget;
  const open = document.querySelector(".menu");
  if (open) return closeMenu();
  const pick = (usernameOnly) => { closeMenu(); addPerson(usernameOnly).catch((problem) => news(problem.message)); };
  button.after(el("div", { class: "menu", role: "menu", onkeydown: (key) => key.key === "Escape" && closeMenu() },
    el("button", { type: "button", role: "menuitem", onclick: () => pick(false) }, "Person with a phone number", el("small", {}, "As most people are")),
    el("button", { type: "button", role: "menuitem", onclick: () => pick(true) }, "Person with only a username", el("small", {}, "No number reaches the business"))));
  button.setAttribute("aria-expanded", "true");
  return document.querySelector(".menu button").focus();
}

function closeMenu() {
  document.querySelector(".menu")?.remove();
  document.querySelector("#add").setAttribute("aria-expanded", "false");
}

async function start() {
  const about = await call("GET", "");
  business = about.business_name;
  document.title = `${business} Simulator`;
  const asked = decodeURIComponent(/^#\/phone\/(.+)$/.exec(location.hash)?.[1] ?? "");
  about.people.filter(({ person, phone }, n) => n < CROWD || [person, phone].includes(asked)).forEach(addPhone);
  if (!phones.size) await addPerson(false);
  arrange();
  toggleDrawer(window.innerWidth >= 1440);
  listen(heard, () => phones.forEach((phone) => phone.catchUp().catch(() => {})));
}

document.querySelector("#add").addEventListener("click", addMenu);
behind.addEventListener("click", () => toggleDrawer(drawerPlace.hidden));
document.addEventListener("pointerdown", (event) => event.target.closest(".bar-acts") || closeMenu());
document.addEventListener("visibilitychange", () => phones.forEach((phone) => phone.look()));
window.addEventListener("hashchange", arrange);
window.addEventListener("message", (event) => {
  if (event.origin === location.origin && event.data === "close-till") phones.forEach((phone) => phone.closeTill?.());
});
start().catch((problem) => news(problem.message));
