import type { SpaceId } from '@clique/crypto'
import type { CliqueSession } from '../documents/clique-session.ts'
import type { ConversationWindow } from '../documents/conversation-window.ts'
import type { DraftFile } from '../media/tray-view.ts'
import { readDraft } from '../storage/drafts.ts'
import { placeOf } from '../storage/place.ts'
import { readReadMark } from '../storage/reads.ts'
import type { Place } from './audience.ts'
import type { ChatRow, ChatsView } from './chats-view.ts'

export interface ChatsOptions {
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
  #isClosed = false

  constructor(options: ChatsOptions) {
    this.#options = options
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
      const { placesOf } = await import('./opened.ts')
      const places = placesOf(session.log, session.member)
      const rows = await Promise.all(places.map((place) => this.#readRow(session, place)))
      this.#rows = rows.toSorted((a, b) => (b.last?.sentAt ?? 0) - (a.last?.sentAt ?? 0))
    }
  }

  async #readRow(session: CliqueSession, shown: Place): Promise<ChatRow> {
    const { space } = shown
    const place = placeOf(session.clique, space)
    const [{ toMessageRows }, state, mark, draft] = await Promise.all([
      import('./opened.ts'),
      (await this.#windowOf(session, space)).read(),
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
    const rows = toMessageRows(state.messages, facts)
    const unread = toMessageRows(
      state.messages.filter(({ entry }) => entry.time > mark),
      facts,
    ).filter(({ mine }) => !mine).length
    return { ...shown, last: rows.at(-1) ?? null, unread, draft }
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
