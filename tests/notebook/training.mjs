// Drives training.ipynb in a classic notebook; called by live.sh with the server's address, its token and a folder for pictures.
import assert from 'node:assert/strict'
import { open } from './classic.mjs'

const [url, token, pictures] = process.argv.slice(2)
const { page, requested, output, text, start, shows, idle, busy, interrupt, scroll, picture, close } = await open(url, token, 'training.ipynb', pictures)
const steps = async () => Number(/(\d+)\/400/.exec(await text(3))[1])
const curve = () => output(3).locator('img').getAttribute('src')

try {
  for (const index of [0, 1]) {
    await start(index)
    await idle()
  }

  await start(2)
  await output(2).locator('.js-plotly-plot .main-svg').first().waitFor()
  assert.match(await page.evaluate(() => Plotly.version), /^2\./)
  const scripts = requested.filter(address => address.includes('plotly'))
  assert.ok(scripts.length > 0 && requested.every(address => new URL(address).origin === url), requested.join('\n'))
  await idle()
  await picture('chart')
  console.log('plotly.js drew a chart, from the notebook server alone')

  await start(3)
  await shows(3, /(\d{2})\/400/)
  await output(3).locator('img').waitFor()
  const [first, drawn] = [await steps(), await curve()]
  await page.waitForFunction(([before]) => Number(/(\d+)\/400/.exec(document.querySelectorAll('.code_cell')[3].querySelector('.output').innerText)[1]) > before + 5, [first])
  assert.ok(await busy(), 'the progress changed only when the cell had ended')
  assert.notEqual(await curve(), drawn, 'the loss curve was not drawn anew')
  await scroll(3)
  await picture('training')
  console.log('progress and loss curve changed while the cell trained')

  await interrupt()
  await shows(3, /stopped, with a checkpoint/)
  await idle()
  const stopped = await steps()
  assert.ok(stopped < 400)
  await scroll(3)
  await picture('training-stopped')
  console.log(`the training ended after step ${stopped}, with a checkpoint`)

  await start(3)
  await shows(3, /\d+\/400/)
  await page.waitForFunction(([before]) => {
    const found = /(\d+)\/400/.exec(document.querySelectorAll('.code_cell')[3].querySelector('.output').innerText)
    return found && Number(found[1]) > before
  }, [stopped])
  await shows(3, /[2-4]\d\d\/400/)
  await scroll(3)
  await picture('training-resumed')
  await shows(3, /done in/)
  await idle()
  await start(4)
  await shows(4, /time a run/)
  await idle()
  await scroll(4)
  await picture('training-finished')
  console.log('the training went on from there and ended; its table is shown')
} catch (problem) {
  await picture('failed')
  throw problem
} finally {
  await close()
}
