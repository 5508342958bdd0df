// Whether anything moves while a page comes to life.

import type { Page } from "@playwright/test";

/** Adds up the layout shifts of the page, from its first byte. Call it before opening the page. */
export async function watchLayout(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const shifts: { value: number; sources: string[] }[] = [];
    Object.assign(window, { layoutShifts: shifts });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as (PerformanceEntry & { value: number; sources?: { node?: Node }[] })[]) {
        const sources = (entry.sources ?? []).map(({ node }) => (node as Element | undefined)?.outerHTML?.slice(0, 120) ?? "?");
        shifts.push({ value: entry.value, sources });
      }
    }).observe({ type: "layout-shift", buffered: true });
  });
}

/** The shifts so far: empty when nothing has moved. */
export async function layoutShifts(page: Page): Promise<{ value: number; sources: string[] }[]> {
  return page.evaluate(() => (window as unknown as { layoutShifts: { value: number; sources: string[] }[] }).layoutShifts);
}
