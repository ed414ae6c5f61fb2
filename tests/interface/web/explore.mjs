// Uses the explorer in Debian's Chromium, one script a reader might follow; says what it saw. Nothing but loopback is asked.
// Each line that comes in has scripts, each a context of its own of one browser; a line goes out with what they saw.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const [program] = process.argv.slice(2);
const axe = readFileSync("node_modules/axe-core/axe.min.js", "utf8");
const flags = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--disable-gpu-rasterization", "--disable-gpu-compositing"];
const browser = await chromium.launch({ executablePath: program, args: flags });

const acts = {
  goto: (page, url) => page.goto(url),
  click: (page, selector) => page.click(selector),
  /** What is seen on the way, under a name. */
  look: async (page, name, found) => {
    (found.looks ??= {})[name] = await seenOn(page, found.see);
  },
  /** What a link would save, in hexadecimal. */
  save: async (page, text, found) => {
    const [saving] = await Promise.all([page.waitForEvent("download"), page.click(`text=${text}`)]);
    found.saved = readFileSync(await saving.path()).toString("hex");
  },
  press: (page, keys) => page.keyboard.press(keys),
  /** The server keeps back the shares in the first rows and columns, as many as told, of every square. */
  withhold: (page, side) => changeShares(page, side, (route) => route.fulfill({ status: 404, json: { detail: "this share is not here" } })),
  /** It gives others in their place. */
  forge: (page, side) =>
    changeShares(page, side, async (route) => {
      const told = await (await route.fetch()).json();
      const forged = (share) => share.replace(/.$/, (last) => (last === "0" ? "1" : "0"));
      await route.fulfill({ json: told.shares ? { ...told, shares: told.shares.map(forged) } : { ...told, share: forged(told.share) } });
    }),
  /** It keeps quiet about rows from one on. */
  stall: (page, from) =>
    page.route(/\/square\/lines\//, (route) => Number(route.request().url().match(/lines\/(\d+)/)[1]) < from && route.continue()),
  /** It gives a square that it was handed: the roots and each row, by the end of the route. */
  misencode: (page, answers) =>
    page.route(/\/square/, (route) => {
      const json = answers[new URL(route.request().url()).pathname.replace(/.*\/square/, "")];
      return json ? route.fulfill({ json }) : route.fulfill({ status: 404, json: { detail: "this share is not here" } });
    }),
  /** The server changes a bit of every decision. */
  forgeDecisions: (page) =>
    page.route(/\/v1\/headers/, async (route) => {
      const told = await (await route.fetch()).json();
      const forged = (text) => text.replace(/.$/, (last) => (last === "0" ? "1" : "0"));
      await route.fulfill({ json: { ...told, items: told.items.map((item) => ({ ...item, decision: forged(item.decision) })) } });
    }),
  /** The server has a crowd of particles with long names, each linked to the ones that follow. */
  crowd: async (page, many) => {
    const name = (at) => `particle number ${at % many} of a large crowd`;
    const moment = { root: "00", height: null, cursor: null };
    const items = Array.from({ length: many }, (_, at) => ({ rank: at + 1, particle: name(at), score: 1 / (at + 2) }));
    const link = (source, target) => ({ source, target, weight: 1, relation: "knows", author: null, time: null, score: 0.01 });
    await page.route(/v1\/rank/, (route) => route.fulfill({ json: { ...moment, bound: 1e-6, items } }));
    await page.route(/v1\/links/, (route) => {
      const asked = new URL(route.request().url()).searchParams.get("particle");
      const at = items.findIndex(({ particle }) => particle === asked);
      route.fulfill({ json: { ...moment, items: [1, 2, 7].map((step) => link(asked, name(at + step))) } });
    });
  },
  resize: (page, [width, height]) => page.setViewportSize({ width, height }),
  /** The ink of the names on the picture, and the discs, once the picture has come to rest. */
  names: async (page, name, found) => {
    const read = () => page.evaluate(() => JSON.stringify([globalThis.ink(), document.querySelector(".canvas-sigma").shapes.discs]));
    let [last, now] = ["", await read()];
    while (last !== now) {
      await page.waitForTimeout(900);
      [last, now] = [now, await read()];
    }
    const [ink, discs] = JSON.parse(now);
    found[name] = { ink, discs };
  },
  restore: (page) => page.unrouteAll(),
  type: (page, text) => page.keyboard.type(text),
  fill: (page, { selector, text }) => page.fill(selector, text),
  slide: (page, { selector, value }) => page.locator(selector).fill(String(value)),
  offline: async (page, isOff) => {
    await page.context().setOffline(isOff);
    if (isOff) await page.route("**/v1/**", (route) => route.abort());
    else await page.unroute("**/v1/**");
  },
  /** No web socket gets through: a browser that goes offline leaves those that are open as they are. */
  deafen: (page) => page.routeWebSocket(/v1\/live/, (socket) => socket.close()),
  command: (_, [program, ...words]) => execFileSync(program, words, { stdio: "pipe" }),
  wait: (page, selector) => page.waitForSelector(selector),
  /** How many bytes a picture of the canvas has: an empty one has few. */
  painted: async (page, name, found) => {
    await page.waitForFunction(() => /ms/.test(document.querySelector(".space-took")?.textContent ?? ""));
    found[name] = (await page.locator(".space-canvas").screenshot()).length;
  },
  point: (page, { selector, x, y }) => page.locator(selector).click({ position: { x, y } }),
  /** Steps that the built worker takes, on the card or not; the places are added to what was seen. */
  layOut: async (page, { order, ways }, found) => {
    const assets = await (await page.request.get(page.url().replace(/#.*/, ""))).text();
    const main = await (await page.request.get(new URL(assets.match(/assets\/index-[\w-]+\.js/)[0], page.url()).href)).text();
    const worker = new URL(`assets/${main.match(/worker-[\w-]+\.js/)[0]}`, page.url()).href;
    found.pictures = [];
    for (const way of ways)
      found.pictures.push(
        await page.evaluate(
          ([address, { sources, targets, places, ...rest }, by]) =>
            new Promise((told) => {
              const laying = new Worker(address, { type: "module" });
              laying.onmessage = ({ data }) => data.isLast && told({ ...data, places: [...data.places] });
              const [from, to, at] = [Uint32Array.from(sources), Uint32Array.from(targets), Float32Array.from(places)];
              laying.postMessage({ ...rest, number: 1, seconds: 60, stride: Infinity, way: by, sources: from, targets: to, places: at });
            }),
          [worker, order, way],
        ),
      );
  },
  until: (page, { selector, text }) =>
    page.waitForFunction(
      ([where, what]) => [...document.querySelectorAll(where)].some((one) => one.textContent.includes(what)),
      [selector, text],
    ),
};

/** A reader meets another answer for each share in the first rows and columns of a square. */
const changeShares = (page, side, answer) =>
  page.route(/\/square\/\w+\/\d+/, (route) => {
    const [row, column] = route.request().url().match(/square\/(\w+)\/(\d+)/).slice(1);
    const isIn = row === "lines" ? Number(column) < side : Math.max(Number(row), Number(column)) < side;
    return isIn ? answer(route) : route.continue();
  });

/** Turns over one bit of the proof in every receipt that the server gives. */
async function lie(page) {
  await page.route("**/v1/receipts/**", async (route) => {
    const response = await route.fetch();
    const receipt = JSON.parse(await response.text());
    const body = Buffer.from(receipt.body, "base64");
    body[body.length >> 1] ^= 1;
    await route.fulfill({ response, body: (await response.text()).replace(receipt.body, body.toString("base64")) });
  });
}

/** What is written on canvases since they were last cleared: each text with the box of its ink. */
function recordInk() {
  const { fillText, clearRect } = CanvasRenderingContext2D.prototype;
  const written = new Map();
  CanvasRenderingContext2D.prototype.clearRect = function (...box) {
    written.delete(this);
    clearRect.apply(this, box);
  };
  CanvasRenderingContext2D.prototype.fillText = function (text, x, y) {
    const ink = this.measureText(text);
    const box = { left: x - ink.actualBoundingBoxLeft, right: x + ink.actualBoundingBoxRight, top: y - ink.actualBoundingBoxAscent, bottom: y + ink.actualBoundingBoxDescent };
    written.set(this, [...(written.get(this) ?? []), { text, ...box }]);
    fillText.call(this, text, x, y);
  };
  globalThis.ink = () => [...written.values()].flat();
}

async function seenOn(page, see) {
  const seen = {};
  for (const [name, selector] of Object.entries(see ?? {})) seen[name] = await page.locator(selector).allInnerTexts();
  return seen;
}

async function run({ steps, see, width = 1280, height = 800, theme = "dark", lies = false, checked = false, deaf = false, flat = false }) {
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: theme,
    reducedMotion: "reduce",
    bypassCSP: checked,
  });
  const page = await context.newPage();
  const faults = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
  const outside = [];
  page.on("request", (request) => /^(http:\/\/127\.0\.0\.1|data:|blob:)/.test(request.url()) || outside.push(request.url()));
  page.setDefaultTimeout(30_000);
  if (flat) await page.addInitScript(() => {
    const plain = HTMLCanvasElement.prototype.getContext;
    HTMLCanvasElement.prototype.getContext = function (kind, ...more) {
      return kind.startsWith("webgl") ? null : plain.call(this, kind, ...more);
    };
  });
  await page.addInitScript(recordInk);
  if (lies) await lie(page);
  if (deaf) await page.routeWebSocket(/v1\/live/, (socket) => socket.close());
  const found = { faults, outside, see };
  try {
    for (const [act, what] of steps) await acts[act](page, what, found);
    found.seen = await seenOn(page, see);
    found.address = page.url();
    found.focused = await page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.innerText);
    found.overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    found.paper = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    if (checked) {
      await page.evaluate(axe);
      const report = await page.evaluate(() => globalThis.axe.run());
      found.violations = report.violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target).join(" ")}`);
    }
  } catch (error) {
    found.stuck = String(error);
    found.shown = await page.locator("body").innerText();
  }
  await context.close();
  return found;
}

for await (const line of createInterface({ input: process.stdin })) {
  const found = [];
  for (const script of JSON.parse(line)) found.push(await run(script));
  console.log(JSON.stringify(found));
}
await browser.close();
