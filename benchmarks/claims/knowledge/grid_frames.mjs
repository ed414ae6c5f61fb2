// The explorer's picture of a grid: how soon it is there, frames a second while it is turned, and what all of it takes at rest.
import { chromium } from "playwright-core";

const [program, address] = process.argv.slice(-2);
const SECONDS = 4;
const flags = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"];
const browser = await chromium.launch({ executablePath: program, args: flags });
const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, reducedMotion: "reduce" });
const begun = Date.now();
await page.goto(`${address}/#/grid`);
const took = () => page.waitForFunction(() => /ms/.test(document.querySelector(".space-took")?.textContent ?? ""), null, { timeout: 60_000 });
await took();
const found = { "first picture, s": (Date.now() - begun) / 1000 };
const told = async () => {
  const { points, milliseconds } = await page.locator(".space-took").evaluate((one) => ({ ...one.dataset }));
  return [Number(points), Number(milliseconds)];
};
const frames = () =>
  page.evaluate(
    (milliseconds) =>
      new Promise((tell) => {
        const from = performance.now();
        let count = 0;
        const next = () => {
          count += 1;
          const passed = performance.now() - from;
          if (passed < milliseconds) requestAnimationFrame(next);
          else tell((1000 * count) / passed);
        };
        requestAnimationFrame(next);
      }),
    1000 * SECONDS,
  );
const box = await page.locator(".space-canvas").boundingBox();
const middle = [box.x + box.width / 2, box.y + box.height / 2];

/** Turned as a reader would, for as long as frames are counted. */
async function turned() {
  await page.mouse.move(...middle);
  await page.mouse.down();
  const counted = frames();
  const until = Date.now() + 1000 * SECONDS - 200;
  for (let at = 0; Date.now() < until; at++) {
    await page.mouse.move(middle[0] + 160 * Math.sin(at / 20), middle[1] + 50 * Math.sin(at / 11));
    await page.waitForTimeout(12);
  }
  const rate = await counted;
  await page.mouse.up();
  await page.waitForTimeout(2_500);
  return rate;
}

await turned(); // from here on it is known how fast this machine draws
found["turned, frames/s"] = await turned();
[found["points"], found["all of it at rest, ms"]] = await told();
await page.focus(".space");
for (let at = 0; at < 9; at++) await page.keyboard.press("+");
await page.waitForTimeout(2_500);
found["turned from near, frames/s"] = await turned();
found["all of it from near, ms"] = (await told())[1];
await browser.close();
console.log(JSON.stringify(found));
