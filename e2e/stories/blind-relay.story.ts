import { tracesAtRelay } from '../harness/blind-relay.ts'
import { expect, test } from '../harness/clique.ts'
import { dumpStorage, tracesInStorage } from '../harness/storage-dump.ts'

/** Every name and text of the story, spelled so that nothing else contains them. */
const markers = {
  clique: 'Quokkachor Zwölfender',
  anna: 'Annabellissima Ötzi',
  ben: 'Benvolio Karamasow',
  said: 'The marmalade is under the seventh flowerpot',
  answered: 'Bring the elderflower saxophone',
  drafted: 'Half-finished rhododendron',
}

test('relay and browser storage hold nothing that anybody typed', async ({ person, relay }) => {
  const anna = await person(markers.anna)
  await anna.creates(markers.clique)
  await anna.says(markers.said)
  const link = await anna.invites()
  const ben = await person(markers.ben)
  await ben.opens(link)
  await ben.joins(markers.clique)
  await ben.sees(markers.said)
  await ben.says(markers.answered)
  await anna.sees(markers.answered)
  await anna.seesState(markers.said, 'Delivered to 1 of 1')
  await anna.messageBox.fill(markers.drafted)
  await anna.draftIsKept()

  const secret = link.slice(link.indexOf('=') + 1)
  const secrets = [...Object.values(markers), secret]
  // While it runs with an open journal, and after it has put everything in order.
  expect(tracesAtRelay(relay, secrets)).toEqual([])
  for (const somebody of [anna, ben]) {
    // The newcomer's address bar still holds the link that was opened; storage must not.
    expect(await tracesInStorage(somebody.page, Object.values(markers))).toEqual([])
    expect((await dumpStorage(somebody.page)).extractableKeys).toEqual([])
  }
  expect(await relay.stop()).toBe(0)
  expect(relay.files().reduce((sum, { bytes }) => sum + bytes.length, 0)).toBeGreaterThan(4096)
  expect(tracesAtRelay(relay, secrets)).toEqual([])
})

test('the relay’s log names no address, no device and no clique', async ({ person, relay }) => {
  const anna = await person('Anna')
  await anna.creates('Choir')
  const ben = await person('Ben')
  await ben.opens(await anna.invites())
  await ben.joins('Choir')
  await relay.restart()
  await anna.seesConnection('Connected')
  const said = relay.log
    .split('\n')
    .filter((line) => !line.startsWith('{"ready":true'))
    .join('\n')
  expect(said).not.toMatch(/12D3Koo\w+/)
  expect(said).not.toMatch(/\b[0-9a-f]{32,}\b/)
  expect(said).not.toMatch(/127\.0\.0\.1:\d{5}/)
})
