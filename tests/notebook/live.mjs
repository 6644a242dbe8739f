// Drives live.ipynb in a classic notebook; called by live.sh with the server's address, its token and a folder for pictures.
import assert from 'node:assert/strict'
import { open } from './classic.mjs'

const [url, token, pictures] = process.argv.slice(2)
const { page, output, text, start, shows, numbered, complete, idle, interrupt, picture, close } = await open(url, token, 'live.ipynb', pictures)

try {
  await start(0)
  const early = await shows(0, /step [1-9]/)
  await picture('running')
  await shows(0, /step 12/)
  await idle()
  const late = await text(0)
  assert.ok(!early.includes('printed 12'), 'the output came only with the end of the cell')
  assert.ok(late.includes('printed 12') && !late.includes('step 3\n'), 'the displayed value was not replaced in place')
  await picture('finished')
  console.log('output changed while the cell ran')

  await start(1)
  await shows(1, /training step 3/)
  await interrupt()
  await shows(1, /ended between two steps/)
  await idle()
  assert.ok(!(await text(1)).includes('Interrupted'))
  await picture('training-interrupted')
  console.log('a training loop ended between two steps')

  await start(2)
  await shows(2, /drawing/)
  await interrupt()
  await shows(2, /The cell was interrupted/)
  await idle()
  console.log('an endless loop was interrupted')

  await start(3)
  await shows(3, /scored/)
  await idle()
  assert.ok((await text(0)).includes('step 12'))
  assert.equal(await output(3).locator('table tbody tr').count(), 2)
  await picture('table-after-interrupt')
  console.log('the notebook went on after the interruptions')

  assert.deepEqual(await complete('steps.Comp'), ['CompareTo'])
  console.log('completion knows the values of earlier cells')

  // What is sent before the new kernel answers would go to the old one.
  await page.evaluate(() => new Promise(ready => {
    Jupyter.notebook.events.one('kernel_ready.Kernel', () => ready())
    Jupyter.notebook.kernel.restart()
  }))
  await start(3)
  await numbered(3, 1)
  await shows(3, /scored/)
  await idle()
  assert.deepEqual(await complete('steps.Comp'), [], 'the restarted kernel knows values of the one before it')
  console.log('the kernel was restarted')
} catch (problem) {
  await picture('failed')
  throw problem
} finally {
  await close()
}
