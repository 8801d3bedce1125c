import { isBlank, ownClient, utf8Size } from '@clique/crypto'
import type { SharedUpdate } from '@clique/crypto'
import * as Y from 'yjs'
import { encodeStructs } from './record-placing.ts'
import type { SharedContents } from './shared-contents.ts'

/** Bytes of UTF-8. Longer names are none, nor are those that show nothing. */
export const maxTitleSize = 256

/** Root and key under which the name of a conversation stands, as one value. A map: of two given at a time one stays, whole. */
const root = 'title'
const key = 'name'

/** What one record says. */
export interface SaidName {
  readonly title: string
  /** It stood elsewhere before, where newcomers do not read it: they are not told that somebody gave it. */
  readonly isCarried: boolean
}

export function isName(title: unknown): title is string {
  return typeof title === 'string' && !isBlank(title) && utf8Size(title) <= maxTitleSize
}

/** The last of the list of all names that entered, each behind the one that its author saw there; a later one is on its right. */
export function lastName(doc: Y.Doc): Y.Item | null {
  return doc.getMap(root)._map.get(key) ?? null
}

/** What an item in that list says; null where it does not count. */
export function nameOf({ content }: Y.Item): SaidName | null {
  if (!(content instanceof Y.ContentAny) || content.arr.length !== 1) return null
  const [value] = content.arr as unknown[]
  if (isName(value)) return { title: value, isCarried: false }
  if (typeof value !== 'object' || value === null || Object.keys(value).join() !== 'carried') return null
  const { carried } = value as { readonly carried: unknown }
  return isName(carried) ? { title: carried, isCarried: true } : null
}

/**
 * What an update says that may name a conversation ([GATE14]): one item, behind one that is there already or behind none.
 * Whoever could put more into that document could make everybody else's next name too large. Null for any other.
 */
export function nameIn(update: Uint8Array): SaidName | null {
  const { structs, ds } = Y.decodeUpdate(update)
  const [item] = structs
  if (structs.length !== 1 || ds.clients.size > 0 || !(item instanceof Y.Item)) return null
  const { origin, rightOrigin, parentSub } = item
  // Behind another one it is where that is, which Yjs does not write.
  const parent: unknown = item.parent
  const stands = origin === null ? parent === root && parentSub === key : parent === null
  return stands && rightOrigin === null ? nameOf(item) : null
}

/** What a record says that gives the conversation a name after all that entered. */
export function encodeName({ doc, named }: SharedContents, { title, isCarried }: SaidName): SharedUpdate {
  const last = lastName(doc)
  // Yjs has no better type for a root that is named and not found yet.
  const parent = last === null ? (root as unknown as Y.ID) : null
  const content = new Y.ContentAny([isCarried ? { carried: title } : title])
  const id = Y.createID(ownClient, 0)
  const item = new Y.Item(
    id,
    null,
    last?.lastId ?? null,
    null,
    null,
    parent,
    last === null ? key : null,
    content,
  )
  return named(encodeStructs(ownClient, [item], []))
}
