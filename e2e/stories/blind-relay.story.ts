import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tracesAtRelay } from '../harness/blind-relay.ts'
import { expect, test } from '../harness/clique.ts'
import { piecesOf } from '../harness/markers.ts'
import { Person } from '../harness/person.ts'
import { takePhoto, withPlace } from '../harness/photos.ts'
import { closeProfile, openProfile } from '../harness/profile.ts'
import { SignalTap } from '../harness/signal-tap.ts'
import { dumpStorage, tracesInStorage, tracesOnDisk } from '../harness/storage-dump.ts'

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

test('photos, files and live rooms leave nothing to read at the relay, on its wires or in browsers', async ({
  person,
  relay,
}) => {
  const secrets = {
    typed: 'Half-typed rhododendron',
    caption: 'The hippopotamus by the pergola',
    place: 'Calle de la Marmota 7, Zaragoza',
    photoName: 'pergola-hippopotamus.jpg',
    fileName: 'Inventory of teaspoons.txt',
    fileText: 'eleven teaspoons and a marzipan ladle, ',
    // What states and entries are made of.
    type: 'image/jpeg',
    states: ['"signed"', '"activity"', 'awareness'],
  }
  const anna = await person(markers.anna)
  const signals = [SignalTap.on(anna.page)]
  await anna.creates(markers.clique)
  const ben = await person(markers.ben)
  signals.push(SignalTap.on(ben.page))
  await ben.opens(await anna.invites())
  await ben.joins(markers.clique)

  await ben.seesHere(`${markers.anna} is here now`)
  await anna.messageBox.pressSequentially(secrets.typed)
  await ben.seesTyping(`${markers.anna} is typing`)
  await anna.messageBox.fill('')

  // One photo redrawn, one as it is; their names, places and bytes, and those of a file that is none.
  const drawn = withPlace(await takePhoto(anna.page, secrets.photoName, 1), secrets.place)
  const whole = withPlace(await takePhoto(anna.page, `whole-${secrets.photoName}`, 2), secrets.place)
  const list = {
    name: secrets.fileName,
    mimeType: 'text/plain',
    buffer: Buffer.alloc(600_000, secrets.fileText),
  }
  await anna.attaches(drawn)
  await anna.says('First')
  await anna.attaches(whole, list)
  await anna.tray.getByRole('checkbox', { name: /Send photos as they are|Send photo as it is/ }).check()
  await anna.says(secrets.caption)
  const saved = await savesPhoto(ben, 'First', drawn.name)
  expect(saved.includes(secrets.place), 'a photo that is redrawn has lost its place').toBe(false)
  expect((await savesPhoto(ben, secrets.caption, whole.name)).equals(whole.buffer)).toBe(true)
  await anna.seesState(secrets.caption, 'Delivered to 1 of 1')

  const texts = Object.values(markers).concat(
    secrets.typed,
    secrets.caption,
    secrets.place,
    secrets.photoName,
    secrets.fileName,
    secrets.fileText,
  )
  const inBrowsers = [...texts, ...piecesOf(whole.buffer), ...piecesOf(saved)]
  const rooms = signals.flatMap(({ topics }) => [...topics])
  const atRelay = [...inBrowsers, ...rooms, secrets.type, ...secrets.states]
  expect(rooms.length).toBeGreaterThan(0)
  expect(tracesAtRelay(relay, atRelay)).toEqual([])
  for (const tap of signals) {
    expect(tap.published).toBeGreaterThan(0)
    expect(tap.faults([...texts, ...secrets.states])).toEqual([])
  }
  for (const { page } of [anna, ben]) expect(await tracesInStorage(page, inBrowsers)).toEqual([])
  expect(await relay.stop()).toBe(0)
  expect(relay.files().reduce((sum, { bytes }) => sum + bytes.length, 0)).toBeGreaterThan(1_000_000)
  expect(tracesAtRelay(relay, atRelay)).toEqual([])
})

test('the files of a browser’s profile hold nothing that anybody said', async ({
  person,
  browser,
  relay,
}) => {
  const anna = await person(markers.anna)
  await anna.creates(markers.clique)
  const folder = mkdtempSync(join(tmpdir(), 'clique-profile-'))
  // Not among the story's other profiles: Chromium itself asks its maker when it has a profile on the disk.
  const profile = await openProfile(browser, markers.ben, relay, { folder })
  try {
    const ben = new Person(markers.ben, await profile.context.newPage(), profile)
    await ben.opens(await anna.invites())
    await ben.joins(markers.clique)
    const photo = withPlace(await takePhoto(ben.page, 'pergola-hippopotamus.jpg', 1), 'Calle de la Marmota 7')
    await ben.attaches(photo)
    await ben.page.getByRole('checkbox', { name: /Send photos? as/ }).check()
    await ben.says(markers.answered)
    await anna.seesPhotos(markers.answered, 1)
    await anna.says(markers.said)
    await ben.sees(markers.said)
    const link = await ben.invites()
    await ben.messageBox.fill(markers.drafted)
    await ben.draftIsKept()
    await profile.context.close()

    // Something that lies there by right, so that the search is known to look where things are.
    expect(tracesOnDisk(folder, [relay.host]).length).toBeGreaterThan(0)
    // The name of the clique is the title of the page, which browsers keep in their history.
    const seed = link.slice(link.indexOf('=') + 1)
    const secrets = [markers.anna, markers.said, markers.answered, markers.drafted, seed]
    const ofPhoto = ['pergola-hippopotamus', 'Calle de la Marmota 7', ...piecesOf(photo.buffer)]
    expect(tracesOnDisk(folder, [...secrets, ...ofPhoto])).toEqual([])
    expect(profile.guards.faults).toEqual([])
  } finally {
    await closeProfile(profile)
    rmSync(folder, { recursive: true, force: true })
  }
})

async function savesPhoto(person: Person, message: string, name: string): Promise<Buffer> {
  const photos = await person.seesPhotos(message, 1)
  await photos.first().click()
  const viewer = person.page.getByRole('dialog', { name: 'Photos' })
  const bytes = await person.saves(viewer, name)
  await person.page.keyboard.press('Escape')
  await expect(viewer).toBeHidden()
  return bytes
}

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
