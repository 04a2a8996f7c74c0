"use strict";

const EVERY_MS = 2000;
const element = (id) => document.getElementById(id);

function count(n) {
  return n === null || n === undefined ? "" : Math.round(n).toLocaleString("en");
}

function bytes(n) {
  if (n === null || n === undefined) {
    return "";
  }
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  let unit = 0;
  while (n >= 1024 && unit < units.length - 1) {
    n /= 1024;
    unit++;
  }
  return (unit === 0 || n >= 100 ? Math.round(n) : n.toFixed(1)) + " " + units[unit];
}

function time(seconds) {
  if (seconds === null || seconds === undefined) {
    return "";
  }
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  return hours > 0 ? `${hours} h ${minutes} min` : minutes > 0 ? `${minutes} min` : `${Math.round(seconds)} s`;
}

/** Text only: a table may have any name. */
function node(tag, text, className) {
  const made = document.createElement(tag);
  made.textContent = text;
  if (className) {
    made.className = className;
  }
  return made;
}

function figure(name, value) {
  const pair = document.createElement("div");
  pair.append(node("dt", name), node("dd", value));
  return pair;
}

function figures(status) {
  const health = status.health || {};
  const slot = status.slot || {};
  const shown = [
    ["phase", status.phase],
    ["lag", bytes(status.lagBytes) + (status.lagMs === null ? "" : ", " + time(status.lagMs / 1000))],
    ["runway", health.runwayMinutes === undefined || health.runwayMinutes === null ? "" : health.runwayMinutes + " min"],
    ["left", time(status.secondsLeft)],
    ["WAL kept by the source", bytes(slot.retainedWalBytes)],
    ["copying", status.copy ? `${count(status.copy.rowsPerSecond)} rows/s, ${bytes(status.copy.bytesPerSecond)}/s` : ""],
    ["applied", `${count(status.transactionsApplied)} transactions, ${count(status.rowsApplied)} row changes`],
    ["cutover", status.cutover || ""],
  ];
  return shown.filter(([, value]) => value).map(([name, value]) => figure(name, value));
}

function blocker(finding) {
  const shown = node("div", "", "blocker " + finding.severity);
  shown.append(node("strong", `${finding.code} ${finding.object}`), node("div", finding.message), node("code", finding.remedy));
  return shown;
}

function tableRow(table) {
  const row = document.createElement("tr");
  const done = table.state === "copied" ? 1
    : table.rows === undefined || table.estimatedRows <= 0 ? 0
    : Math.min(0.99, table.rows / table.estimatedRows);
  const bar = document.createElement("progress");
  bar.value = done;
  const cell = document.createElement("td");
  cell.append(bar, " " + Math.floor(done * 100) + " %");
  const rate = table.rowsPerSecond ? `${count(table.rowsPerSecond)} rows/s` : "";
  row.append(
    node("td", table.schema + "." + table.table),
    node("td", table.state),
    node("td", table.rows === undefined ? "~" + count(table.estimatedRows) : count(table.rows), "number"),
    node("td", bytes(table.bytes), "number"),
    cell,
    node("td", rate, "number"),
    node("td", time(table.secondsLeft), "number"));
  return row;
}

function show(status) {
  document.title = `${status.name}: ${status.summary}`;
  element("name").textContent = status.name;
  element("summary").textContent = status.summary;
  element("summary").className = "word " + status.summary;
  element("figures").replaceChildren(...figures(status));
  element("blockers").replaceChildren(...status.blockers.map(blocker));
  element("tables").replaceChildren(...status.tables.map(tableRow));
}

function fail(text) {
  element("failure").hidden = text === "";
  element("failure").textContent = text;
}

async function refresh() {
  try {
    const answer = await fetch("status.json", { cache: "no-store" });
    const body = await answer.json();
    if (answer.ok) {
      show(body);
      fail("");
      element("asked").textContent = "as of " + new Date().toLocaleTimeString();
    } else {
      fail(`${body.code}: ${body.message}. ${body.remedy}`);
    }
  } catch (e) {
    fail("pg2citus status --web does not answer: " + e.message + ". What is shown is old");
  }
  setTimeout(refresh, EVERY_MS);
}

refresh();
