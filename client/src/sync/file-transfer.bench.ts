import { join } from 'node:path'
import { sealedChunkSize } from '@clique/crypto'
import type { Page } from 'playwright'
import { inBenchFolder } from '../../../scripts/bench/bench-folder.ts'
import { bundlePage, callPage, hasBrowser, noBrowser, openPage } from '../../../scripts/bench/bench-page.ts'
import { median, ratio } from '../../../scripts/bench/figures.ts'
import type { Figure } from '../../../scripts/bench/figures.ts'
import { clique, closeAll, placeOf, TestRelay } from './testing/people-and-relay.node.ts'

const runs = 4
const chunks = 256
const size = chunks * sealedChunkSize
const limitMs = 60_000
const what = `direct links are fast: a file of ${size / 2 ** 20} MiB from browser to browser, checked and stored`
const against = 'a bare data channel of the same two pages, into memory'

/** Two browsers that are linked directly through the app's own sync. */
export function figures(): Promise<Figure[]> {
  if (!hasBrowser()) return Promise.resolve([{ kind: 'skipped', what, against, why: noBrowser }])
  return inBenchFolder(async (folder) => {
    const pages: Page[] = []
    try {
      const relay = await TestRelay.start()
      const place = await placeOf(relay.url)
      const names = ['anna', 'ben']
      const { shared } = (await clique(relay.token, place, ...names))[0]?.replica ?? missing()
      const code = await bundlePage('client/src/sync/testing/transfer-page.ts')
      for (const name of names) {
        const page = await openPage(join(folder, name), code, limitMs)
        pages.push(page)
        const others = names.filter((other) => other !== name)
        await callPage(page, 'join', shared.seed, place, [name, ...others])
      }
      for (const page of pages) await callPage(page, 'linkedDirectly')
      return await compare(pages[0] ?? missing(), pages[1] ?? missing())
    } finally {
      for (const page of pages) await page.context().close()
      await closeAll()
    }
  })
}

async function compare(anna: Page, ben: Page): Promise<Figure[]> {
  const [ours, raw]: [number[], number[]] = [[], []]
  await callPage(anna, 'accept', await callPage(ben, 'answer', await callPage(anna, 'offer')))
  // The first of each warms the engine and is not counted.
  for (let run = 0; run <= runs; run++) {
    const received = callPage<number>(ben, 'receiveRaw', size)
    await callPage(anna, 'sendRaw', size)
    const rawRate = size / (await received)
    const file = await callPage<string[]>(anna, 'keep', chunks)
    const rate = size / (await callPage<number>(ben, 'fetchAll', file))
    for (const page of [anna, ben]) await callPage(page, 'forget', file)
    if (run === 0) continue
    raw.push(rawRate)
    ours.push(rate)
  }
  const speed = (rates: number[]): string => `${(median(rates) / 1000).toFixed(1)} MB/s`
  return [
    {
      kind: 'measured',
      what,
      against,
      value: ratio(ours, raw),
      unit: 'ratio',
      goal: { atLeast: 0.8 },
      runs,
      detail: `${speed(ours)} / ${speed(raw)}`,
    },
  ]
}

function missing(): never {
  throw new Error('a clique without anybody')
}
