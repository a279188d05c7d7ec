
{
  // How things stand, from the server that this page came from; it is asked again and again.
  const LIVE = "/live.json", SOON = 2000, LATER = 10000;
  const at = (id) => document.getElementById(id);
  let shown = null; // which page is shown
  let misses = 0;

  const made = (name, text, className) => {
    const node = document.createElement(name);
    if (className) node.className = className;
    if (text !== undefined) node.textContent = text;
    return node;
  };
  const took = (seconds) => {
    const whole = Math.round(seconds), hours = Math.floor(whole / 3600), minutes = Math.floor(whole / 60) % 60;
    const two = (value) => String(value).padStart(2, "0");
    return whole < 60 ? `${whole} s` : hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
  };
  const fill = (id, nodes, none) => {
    at(id).replaceChildren(...(nodes.length ? nodes : [made("li", none, "none")]));
  };

  const job = (each) => {
    const item = made("li");
    const how = each.state === "running" && each.share !== null ? `${Math.round(100 * each.share)} %` : each.state;
    item.append(made("span", each.seconds === null ? how : `${how} · ${took(each.seconds)}`, "when"), made("b", each.stage ?? each.job));
    if (each.state === "running") {
      const bar = made("progress");
      bar.max = 1;
      if (each.share !== null) bar.value = each.share;
      bar.setAttribute("aria-label", each.stage ?? each.job);
      item.append(bar);
    }
    if (each.why) item.append(made("div", each.why, "bad"));
    return item;
  };
  const event = (each) => {
    const item = made("li", undefined, each.event === "stopped" && !each.parked ? "bad" : "");
    const moment = new Date(each.time * 1000);
    const isToday = moment.toDateString() === new Date().toDateString();
    const when = made("time", isToday ? moment.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hour12: false }) : moment.toLocaleDateString(), "when");
    when.dateTime = moment.toISOString();
    item.append(when, made("b", each.stage), " ", made("small", each.says));
    return item;
  };
  const HOW = { run: "runs", people: "people", blocked: "blocked", edit: "edited" };
  const coming = (each) => {
    const item = made("li");
    item.append(made("span", HOW[each.how], `how ${each.how}`), made("b", each.what), " ", made("small", each.why));
    return item;
  };
  const later = (count) => made("li", `then ${count === 1 ? "1 more stage" : `${count.toLocaleString("en")} more stages`}`, "none");
  const show = (live) => {
    at("trouble").hidden = !live.trouble;
    at("trouble").textContent = live.trouble ?? "";
    fill("jobs", live.jobs.map(job), "no job runs");
    fill("next", [...live.next.map(coming), ...(live.later ? [later(live.later)] : [])], live.jobs.length ? "nothing besides" : "nothing to do");
    fill("events", live.events.map(event), "nothing happened yet");
    for (const batch of live.labels) {
      const bar = document.querySelector(`progress[data-batch="${CSS.escape(batch.batch)}"]`);
      const standing = document.querySelector(`.standing[data-standing="${CSS.escape(batch.batch)}"]`);
      if (standing && batch.says) {
        standing.textContent = batch.says;
        standing.hidden = false;
      }
      if (!bar || batch.done === null) continue;
      bar.value = batch.done;
      bar.previousElementSibling.querySelector("b").textContent = batch.done.toLocaleString("en");
    }
    at("live").removeAttribute("aria-busy");
  };

  // What was recorded since the page was loaded takes the place of what it showed; what is open stays open.
  const renew = async () => {
    const answer = await fetch("/", { cache: "no-store" });
    const text = await answer.text();
    const policy = document.querySelector("meta[http-equiv]").content.replaceAll("'", "&#39;");
    if (!text.includes(policy)) return location.reload(); // another ymir wrote it, with other styles
    const fresh = new DOMParser().parseFromString(text, "text/html");
    const site = fresh.getElementById("site");
    if (!site) return;
    const open = [...document.querySelectorAll("details[open]")].map((each) => each.dataset.of);
    for (const each of site.querySelectorAll("details")) each.open = open.includes(each.dataset.of);
    at("site").replaceWith(document.adoptNode(site));
    document.querySelector(".title p").textContent = fresh.querySelector(".title p").textContent;
  };
  const say = (state, words) => {
    const pulse = at("pulse");
    if (pulse.classList.contains(state)) return;
    pulse.className = `pulse ${state}`;
    pulse.querySelector("span").textContent = words;
    at("live").classList.toggle("stale", state !== "on");
  };
  const look = async () => {
    try {
      const answer = await fetch(LIVE, { cache: "no-store", signal: AbortSignal.timeout(LATER) });
      if (!answer.ok) throw new Error(String(answer.status));
      const live = await answer.json();
      if (shown !== null && shown !== live.page) await renew();
      shown = live.page;
      show(live);
      say("on", "live");
      misses = 0;
    } catch {
      misses += 1;
      say("off", "not live: the server does not answer");
    }
    setTimeout(look, document.hidden || misses > 5 ? LATER : SOON);
  };
  look();
}
