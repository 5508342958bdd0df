// Whether anything moves while a page comes to life.

import type { Page } from "@playwright/test";

/**
 * Collects the layout shifts of the page, from its first byte. Call it before opening the page. What moves within one of Clerk's
 * components, and nothing around it, is Clerk's.
 */
export async function watchLayout(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const shifts: { value: number; sources: string[] }[] = [];
    Object.assign(window, { layoutShifts: shifts });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as (PerformanceEntry & { value: number; sources?: { node?: Node }[] })[]) {
        const nodes = (entry.sources ?? []).map(({ node }) => node as Element | undefined);
        if (nodes.length > 0 && nodes.every((node) => node?.closest?.(".cl-rootBox"))) continue;
        shifts.push({ value: entry.value, sources: nodes.map((node) => node?.outerHTML?.slice(0, 120) ?? "?") });
      }
    }).observe({ type: "layout-shift", buffered: true });
  });
}

/** The shifts so far: empty when nothing has moved. */
export async function layoutShifts(page: Page): Promise<{ value: number; sources: string[] }[]> {
  return page.evaluate(() => (window as unknown as { layoutShifts: { value: number; sources: string[] }[] }).layoutShifts);
}
