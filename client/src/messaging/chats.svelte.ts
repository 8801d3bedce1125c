import type { CliqueId, SpaceId } from '@clique/crypto'
import type { CliqueSession } from '../documents/clique-session.ts'
import type { ConversationWindow } from '../documents/conversation-window.ts'
import type { DraftFile } from '../media/tray-view.ts'
import { readDraft } from '../storage/drafts.ts'
import { placeOf } from '../storage/place.ts'
import { readReadMark } from '../storage/reads.ts'
import { readList, saveList } from '../storage/snapshots.ts'
import type { Store } from '../storage/store.ts'
import type { Place } from './audience.ts'
import type { ChatRow, ChatsView } from './chats-view.ts'

export interface ChatsOptions {
  readonly store: Store
  readonly clique: CliqueId
  session(): Promise<CliqueSession>
  onFault(error: unknown): void
}

/** The conversations of one clique. */
export class Chats implements ChatsView {
  readonly #options: ChatsOptions
  readonly #windows = new Map<SpaceId, ConversationWindow>()
  #stop: (() => void) | null = null
  #ready = $state(false)
  #rows = $state.raw<readonly ChatRow[]>([])
  #refresh: Promise<void> | null = null
  #isStale = false
  #saved = ''
  #isClosed = false

  constructor(options: ChatsOptions) {
    this.#options = options
    this.#paint().catch(options.onFault)
    this.#start().catch(options.onFault)
  }

  get ready(): boolean {
    return this.#ready
  }
  get rows(): readonly ChatRow[] {
    return this.#rows
  }
  /** Messages of others in all conversations that were not seen yet. */
  get unread(): number {
    return this.#rows.reduce((sum, { unread }) => sum + unread, 0)
  }

  /** Reads again. */
  update(): Promise<void> {
    this.#isStale = true
    this.#refresh ??= this.#readWhileStale().finally(() => (this.#refresh = null))
    return this.#refresh
  }

  close(): void {
    this.#isClosed = true
    this.#stop?.()
    for (const window of this.#windows.values()) window.close()
  }

  /** As they were on screen last, before anything of the clique is open. */
  async #paint(): Promise<void> {
    const rows = await readList<readonly ChatRow[]>(this.#options.store, this.#options.clique)
    if (rows !== null && !this.#ready && this.#rows.length === 0) this.#rows = rows
  }

  async #start(): Promise<void> {
    const session = await this.#options.session()
    if (this.#isClosed) return
    const update = () => void this.update().catch(this.#options.onFault)
    const stops = [
      session.onChange(update),
      session.store.changes.listen((change) => change.kind === 'drafts' && update()),
    ]
    this.#stop = () => stops.forEach((stop) => stop())
    await this.update()
    this.#ready = true
  }

  async #readWhileStale(): Promise<void> {
    const session = await this.#options.session()
    while (this.#isStale && !this.#isClosed) {
      this.#isStale = false
      const { forgottenSpaces, placesOf } = await import('./opened.ts')
      const gone = await forgottenSpaces(session)
      const places = placesOf(session.log, session.member).filter(({ space }) => !gone.has(space))
      for (const space of gone) this.#closeWindow(space)
      const rows = await Promise.all(places.map((place) => this.#readRow(session, place)))
      this.#rows = rows.toSorted((a, b) => (b.last?.sentAt ?? 0) - (a.last?.sentAt ?? 0))
      this.#keep().catch((error: unknown) => {
        if (!this.#isClosed) this.#options.onFault(error)
      })
    }
  }

  /** A shortcut for the next opening: without it nothing is lost. */
  async #keep(): Promise<void> {
    const { store, clique } = this.#options
    const text = JSON.stringify(this.#rows)
    if (text === this.#saved) return
    this.#saved = text
    await saveList(store, clique, this.#rows)
  }

  async #readRow(session: CliqueSession, shown: Place): Promise<ChatRow> {
    const { space } = shown
    const place = placeOf(session.clique, space)
    const [{ readTitle, toMessageRows }, documents] = await Promise.all([
      import('./opened.ts'),
      session.documents(space),
    ])
    const [state, title, mark, draft] = await Promise.all([
      (await this.#windowOf(session, space)).read(),
      readTitle(documents),
      readReadMark(session.store, place),
      readDraft<DraftFile>(session.store, place),
    ])
    const { member: me, device, log } = session
    const none = new Set<number>()
    const facts = {
      me,
      device,
      space,
      roster: log.state,
      unrelayed: none,
      uploading: none,
      vectors: new Map(),
    }
    const messages = state.messages.filter(({ hides }) => hides.length === 0)
    const rows = toMessageRows(messages, facts)
    const unread = toMessageRows(
      messages.filter(({ entry }) => entry.time > mark),
      facts,
    ).filter(({ mine }) => !mine).length
    const names = { title: title ?? shown.title, isOwn: shown.title === '' }
    return { ...shown, ...names, last: rows.at(-1) ?? null, unread, draft }
  }

  /** What it read is here no more. */
  #closeWindow(space: SpaceId): void {
    this.#windows.get(space)?.close()
    this.#windows.delete(space)
  }

  async #windowOf(session: CliqueSession, space: SpaceId): Promise<ConversationWindow> {
    const known = this.#windows.get(space)
    if (known !== undefined) return known
    const [{ ConversationWindow }, documents] = await Promise.all([
      import('./opened.ts'),
      session.documents(space),
    ])
    const raced = this.#windows.get(space)
    if (raced !== undefined) return raced
    const window = new ConversationWindow(documents)
    this.#windows.set(space, window)
    return window
  }
}
