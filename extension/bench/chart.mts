import { join } from 'node:path';
import { launchChromium } from '../scripts/workbench/chromium.mts';
import { repository } from '../scripts/paths.mts';
import type { Result, Summary } from './measure.mts';
import { formatFigure } from './report.mts';

const width = 860;

/** Draws a bar for the median of each variant, grouped by benchmark. Returns the path of the picture. */
export async function drawChart(results: readonly Result[], name: string): Promise<string> {
  const file = join(repository, 'extension/bench/results', `${name}.png`);
  const browser = await launchChromium();
  try {
    const page = await browser.newPage({ viewport: { width, height: 100 }, deviceScaleFactor: 2 });
    await page.setContent(html(results));
    await page.screenshot({ path: file, fullPage: true });
  } finally {
    await browser.close();
  }
  return file;
}

function html(results: readonly Result[]): string {
  // A single bar has nothing to be compared with.
  const groups = results.filter(({ summaries }) => summaries.length > 1).map(barGroup);
  return `<!doctype html><meta charset="utf-8"><style>
    body { font: 14px/1.4 system-ui, sans-serif; margin: 0; padding: 20px 24px; color: #1f2328; background: #fff; width: ${width - 48}px }
    h1 { font-size: 17px; margin: 0 0 2px } p { margin: 0 0 14px; color: #59636e }
    section { margin: 0 0 12px } h2 { font-size: 13px; font-weight: 600; margin: 0 0 3px }
    div { display: grid; grid-template-columns: 190px 1fr; align-items: center; gap: 8px; margin: 1px 0; font-size: 12px }
    div > span { text-align: right; color: #59636e } i { display: inline-block; height: 13px; background: #b6c2cf; vertical-align: middle; border-radius: 2px }
    .palmtree > span { color: #1f2328; font-weight: 600 } .palmtree i { background: #1a7f64 } b { font-weight: 400; margin-left: 6px }
  </style><h1>Shorter is faster</h1><p>Medians of one run. Each benchmark has its own scale.</p>${groups.join('')}`;
}

function barGroup({ benchmark, summaries }: Result): string {
  const longest = Math.max(...summaries.map(({ median }) => median));
  const bars = summaries.map((summary, index) =>
    bar(summary, longest, index === 0, formatFigure(benchmark, summary.median)),
  );
  return `<section><h2>${escapeHtml(benchmark.title)}</h2>${bars.join('')}</section>`;
}

function bar({ name, median }: Summary, longest: number, isPalmtree: boolean, figure: string): string {
  const length = Math.max(2, (median / longest) * 480);
  const attribute = isPalmtree ? ' class="palmtree"' : '';
  return `<div${attribute}><span>${escapeHtml(name)}</span><span style="text-align:left"><i style="width:${length}px"></i><b>${escapeHtml(figure)}</b></span></div>`;
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
