import { CliqueError, encodeSharedUpdate, headsFor, maxSharedRecords } from '@clique/crypto'
import * as Y from 'yjs'
import { chapterPrefix, chapterRoot } from './chapter-name.ts'
import { sealEdit } from './journal.ts'
import type { WriteContext } from './journal.ts'
import { openContents } from './shared-contents.ts'
import { SharedDocument } from './shared-document.ts'
import { readShared } from './shared-records.ts'
import type { SharedRecords } from './shared-records.ts'
import type { SpaceDocuments } from './space-documents.ts'
import type { ChainPlace } from './standing.ts'
import { titleName, titlesOf } from './title-name.ts'
import { encodeName, isName, lastName, nameOf } from './title-update.ts'
import type { SaidName } from './title-update.ts'

/** The name that the members have given a conversation; null where it has the one it began with. */
export async function readTitle(documents: SpaceDocuments): Promise<string | null> {
  for (const name of titlesOf(documents.context.roster(), documents.context.space)) {
    const { title } = await readNames(documents, name)
    if (title !== null) return title
  }
  return null
}

/** A name that a conversation was given, and the record that gave it. */
export interface GivenName extends ChainPlace {
  readonly title: string
}

/**
 * The names that a conversation was given, the first one first, and none above one that its author knew of; the last is that
 * which it has. One that is given once more is none.
 */
export async function readGivenNames(documents: SpaceDocuments): Promise<GivenName[]> {
  const { context } = documents
  // Whoever can read all earlier names knows what was only carried: nobody renames unseen by calling it that.
  const readsAll = context.outOfReach().size === 0
  const names: GivenName[] = []
  let last: string | null = null
  for (const document of titlesOf(context.roster(), context.space).toReversed()) {
    for (const { isCarried, ...name } of (await readNames(documents, document)).given) {
      const isKnown = isCarried && last === null && !readsAll
      if (name.title !== last && !isKnown) names.push(name)
      last = name.title
    }
  }
  return names
}

interface Names {
  readonly title: string | null
  readonly given: readonly (GivenName & { readonly isCarried: boolean })[]
}

/** What was read last of each, and of which state of it. */
const read = new WeakMap<SharedDocument, { readonly state: string; readonly names: Names }>()

async function readNames(documents: SpaceDocuments, document: string): Promise<Names> {
  const shared = await documents.shared(document)
  const held = await readShared(documents, shared)
  const known = read.get(shared)
  const names = known?.state === held.state ? known.names : namesIn(held)
  read.set(shared, { state: held.state, names })
  return names
}

/**
 * Gives the conversation a name. The caller holds the clique's lock and has caught up with storage. When it throws nothing was
 * written. @throws CliqueError `shape-out-of-range` for none and for one that is too long, `own-chain-forked`, `names-used-up`
 * after `maxSharedRecords` of this member, `storage-full`, `storage-failed`
 */
export async function writeTitle(context: WriteContext, title: string): Promise<void> {
  if (!isName(title)) throw new CliqueError('shape-out-of-range')
  if (!(await give(context, { title, isCarried: false }))) throw new CliqueError('names-used-up')
}

/** False where one more of this member's would count for nobody. */
async function give(context: WriteContext, said: SaidName): Promise<boolean> {
  const { documents, log, me } = context
  if (documents.forks.has(me.id)) throw new CliqueError('own-chain-forked')
  const document = titleName(chapterPrefix(log.state, context.key.epoch))
  const copy = await documents.copyOf(document)
  if (!(copy instanceof SharedDocument)) throw new TypeError('no shared document')
  const held = await readShared(documents, copy)
  const { records, counts, memberOf } = held
  const member = memberOf(me.id)
  const own = records.filter((record) => memberOf(record.device) === member && counts(record))
  if (own.length >= maxSharedRecords) return false
  const contents = openContents(held)
  try {
    const payload = encodeSharedUpdate(encodeName(contents, said))
    const heads = headsFor(log, me.id)
    await documents.append(
      [await sealEdit(context, copy, { payload, heads, dependencies: [] })],
      context.also,
    )
    return true
  } catch (error) {
    documents.dropCopy(document)
    throw error
  } finally {
    contents.doc.destroy()
  }
}

/**
 * Where newcomers cannot open what was written before them, the name is given once more by whoever writes first where they
 * can, unless that one has given too many there: nobody's message waits for it. The caller holds the clique's lock and has caught up.
 */
export async function carryTitle(context: WriteContext): Promise<void> {
  const { documents, log } = context
  const prefix = chapterPrefix(log.state, context.key.epoch)
  if (prefix === chapterRoot) return
  const { title: present } = await readNames(documents, titleName(prefix))
  const title = present === null ? await readTitle(documents) : null
  if (title !== null) await give({ ...context, also: undefined }, { title, isCarried: true })
}

function namesIn(held: SharedRecords): Names {
  const { doc, recordUnder } = openContents(held)
  const given: (GivenName & { readonly isCarried: boolean })[] = []
  for (let item = lastName(doc); item !== null; item = item.left instanceof Y.Item ? item.left : null) {
    const [record, said] = [recordUnder(item.id.client), nameOf(item)]
    if (record === undefined || said === null) continue
    given.push({ device: record.device, sequence: record.sequence, ...said })
  }
  doc.destroy()
  // Whoever carries a name has heard of none there, and takes the place of none that somebody gave meanwhile.
  const isAny = given.some(({ isCarried }) => !isCarried)
  const named = isAny ? given.filter(({ isCarried }) => !isCarried) : given.slice(0, 1)
  return { title: named[0]?.title ?? null, given: named.toReversed() }
}
