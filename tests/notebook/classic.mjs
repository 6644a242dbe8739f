// A page of the classic notebook, as a person sees and uses it.
import { chromium } from 'playwright-core'

/// Opens a notebook of a server in a headless browser and waits for its kernel.
export async function open(url, token, notebook, pictures) {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] })
  const page = await browser.newPage({ viewport: { width: 1100, height: 1000 } })
  page.setDefaultTimeout(Number(process.env.LIVE_TIMEOUT ?? 120_000))
  const requested = []
  page.on('request', request => request.url().startsWith('http') && requested.push(request.url()))
  await page.goto(`${url}/notebooks/${notebook}?token=${token}`)
  await page.waitForFunction(() => globalThis.Jupyter?.notebook?.kernel?.is_connected())

  const output = index => page.locator('.code_cell').nth(index).locator('.output')
  const self = {
    page,
    /// The addresses that the page has asked for so far.
    requested,
    output,
    close: () => browser.close(),
    picture: name => page.screenshot({ path: `${pictures}/${name}.png` }),

    /// Scrolls until the end of a cell's output is seen.
    scroll: index => page.evaluate(i => document.querySelectorAll('.code_cell')[i].scrollIntoView({ block: 'end' }), index),
    text: index => output(index).innerText(),

    /// Waits until no cell runs. The kernel's state and the answer to a cell come by different ways, in any order.
    idle: () => page.waitForFunction(() => Jupyter.notebook.kernel?.is_connected() && !Jupyter.notebook.kernel_busy
      && !document.querySelector('.code_cell.running')),
    busy: () => page.evaluate(() => Jupyter.notebook.kernel_busy),
    interrupt: () => page.click('#run_int button[data-jupyter-action="jupyter-notebook:interrupt-kernel"]'),

    /// Starts the code cell with this index and returns without waiting for its end.
    start: index => page.evaluate(i => {
      const cell = Jupyter.notebook.get_cells().filter(c => c.cell_type === 'code')[i]
      Jupyter.notebook.select(Jupyter.notebook.find_cell_index(cell))
      Jupyter.notebook.scroll_to_cell(Jupyter.notebook.find_cell_index(cell))
      cell.execute()
    }, index),

    /// Waits until the output of a cell shows what the pattern says, and returns the output of that moment.
    shows: async (index, pattern) => (await page.waitForFunction(
      ([i, source]) => {
        const shown = document.querySelectorAll('.code_cell')[i].querySelector('.output').innerText
        return new RegExp(source).test(shown) && shown
      },
      [index, pattern.source])).jsonValue(),

    /// Waits until a cell has this number. The prompt is written with a space that does not break.
    numbered: (index, count) => page.waitForFunction(
      ([i, n]) => document.querySelectorAll('.code_cell')[i].querySelector('.input_prompt').innerText.trim() === `In\u00a0[${n}]:`,
      [index, count]),

    /// What the kernel proposes at the end of the code.
    complete: code => page.evaluate(c => new Promise(resolve =>
      Jupyter.notebook.kernel.complete(c, c.length, reply => resolve(reply.content.matches))), code),
  }
  await self.idle()
  return self
}
