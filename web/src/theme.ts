// Dark or light: as the system says, unless the reader chose. And what the graph needs to know of it.
import { useEffect, useState } from "preact/hooks";

export type Theme = "dark" | "light";
const KEY = "focusmesh-theme";
const dark = matchMedia("(prefers-color-scheme: dark)");

function chosen(): Theme | null {
  try {
    const kept = localStorage.getItem(KEY);
    return kept === "dark" || kept === "light" ? kept : null;
  } catch {
    return null;
  }
}

export function useTheme(): [Theme, () => void] {
  const [theme, setTheme] = useState<Theme>(() => chosen() ?? (dark.matches ? "dark" : "light"));
  useEffect(() => {
    const follow = () => chosen() ?? setTheme(dark.matches ? "dark" : "light");
    dark.addEventListener("change", follow);
    return () => dark.removeEventListener("change", follow);
  }, []);
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
  }, [theme]);
  const toggle = () => {
    const other = theme === "dark" ? "light" : "dark";
    try {
      localStorage.setItem(KEY, other);
    } catch {
      // A browser that keeps nothing forgets the choice, no more.
    }
    setTheme(other);
  };
  return [theme, toggle];
}

export const prefersStill = (): boolean => matchMedia("(prefers-reduced-motion: reduce)").matches;
