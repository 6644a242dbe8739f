// Copies an executed notebook with its drawn pictures as PNG, which every viewer shows; SVG and scripts are not shown everywhere.
//   scripts/browser.sh scripts/notebook-pictures.mjs EXECUTED.ipynb TARGET.ipynb
import { chromium } from 'playwright-core'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'

const [source, target] = process.argv.slice(2)
const notebook = JSON.parse(readFileSync(source, 'utf8'))
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] })
const page = await browser.newPage({ deviceScaleFactor: 1.5, viewport: { width: 1000, height: 700 } })
const style = 'body{margin:0;background:#fff;color:#1b1f24;font:14px/1.4 "DejaVu Sans",sans-serif}#output{display:inline-block;padding:4px}td,th{padding:2px 10px;text-align:right;white-space:nowrap}'
const joined = text => Array.isArray(text) ? text.join('') : text

let count = 0
for (const output of notebook.cells.flatMap(cell => cell.outputs ?? [])) {
  const html = output.data?.['text/html'] && joined(output.data['text/html'])
  if (!html?.includes('data:image/svg+xml')) continue
  // Without its script a chart stays the picture that it is where no plotly.js can be had.
  await page.setContent(`<style>${style}</style><div id="output">${html.replace(/<script[\s\S]*?<\/script>/g, '')}</div>`)
  const place = page.locator('#output')
  const { width, height } = await place.boundingBox()
  output.data = { 'image/png': (await place.screenshot()).toString('base64'), 'text/plain': ['chart'] }
  // Drawn finer than it is shown.
  output.metadata = { 'image/png': { width: Math.round(width), height: Math.round(height) } }
  count += 1
}
await browser.close()

for (const cell of notebook.cells) delete cell.metadata.execution
writeFileSync(`${target}.new`, JSON.stringify(notebook, null, 1) + '\n')
renameSync(`${target}.new`, target)
console.log(`${target}: ${count} pictures drawn`)
