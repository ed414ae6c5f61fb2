// Reads {recover: [[words, …], …], make: [[secret in hex, threshold, count], …]} from standard input; prints
// {recovered: [secret in hex, or null where the words are refused], made: [[words, …], …]}.
import { readFileSync } from "node:fs";
import slip39 from "slip39";

const bytes = (text) => Array.from(Buffer.from(text, "hex"));

function recovered(words) {
  try {
    return Buffer.from(slip39.recoverSecret(words, "")).toString("hex");
  } catch {
    return null;
  }
}

function made([secret, threshold, count]) {
  const whole = slip39.fromArray(bytes(secret), { groups: [[threshold, count, "key"]] });
  return whole.fromPath("r/0").mnemonics;
}

const { recover, make } = JSON.parse(readFileSync(0, "utf8"));
console.log(JSON.stringify({ recovered: recover.map(recovered), made: make.map(made) }));
