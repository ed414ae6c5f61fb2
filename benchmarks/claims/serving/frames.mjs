// Frames a second of the explorer's page with a whole graph drawn, as the page itself counts them; one number a way of moving.
import { chromium } from "playwright-core";

const [program, address] = process.argv.slice(-2);
const SECONDS = 4;
const flags = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"];
const browser = await chromium.launch({ executablePath: program, args: flags });
const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, reducedMotion: "reduce" });
await page.goto(address);
await page.click(".corner button");
await page.waitForSelector(".corner button", { state: "detached" });
await page.waitForTimeout(12_000); // it has been laid out by then
const drawn = await page.locator(".corner p:last-child").innerText();
const box = await page.locator(".canvas").boundingBox();

const frames = () =>
  page.evaluate(
    (milliseconds) =>
      new Promise((told) => {
        const begun = performance.now();
        let count = 0;
        const next = () => {
          count += 1;
          const passed = performance.now() - begun;
          if (passed < milliseconds) requestAnimationFrame(next);
          else told((1000 * count) / passed);
        };
        requestAnimationFrame(next);
      }),
    1000 * SECONDS,
  );

async function moved(step) {
  const counted = frames();
  const until = Date.now() + 1000 * SECONDS - 200;
  for (let at = 0; Date.now() < until; at++) {
    await step(at);
    await page.waitForTimeout(12);
  }
  return counted;
}

const middle = [box.x + box.width / 2, box.y + box.height / 2];
const found = { drawn };
await page.mouse.move(...middle);
await page.mouse.down();
found["dragged"] = await moved((at) => page.mouse.move(middle[0] + 100 * Math.sin(at / 20), middle[1] + 60 * Math.sin(at / 10)));
await page.mouse.up();
await page.focus(".canvas");
found["moved by keys"] = await moved((at) => page.keyboard.press(at % 40 < 20 ? "ArrowLeft" : "ArrowRight"));
found["pointed at"] = await moved((at) => page.mouse.move(middle[0] + 200 * Math.sin(at / 40), middle[1] + 160 * Math.sin(at / 22)));
await browser.close();
console.log(JSON.stringify(found));
