import type { CliqueId, SpaceId } from '@clique/crypto'
import type { CliqueSession } from '../documents/clique-session.ts'
import type { FoldedMessage } from '../documents/conversation-fold.ts'
import type { ConversationWindow } from '../documents/conversation-window.ts'
import { maxMessageLength } from '../documents/message-length.ts'
import type { Shelf } from '../media/shelf.svelte.ts'
import type { ShelfView } from '../media/shelf-view.ts'
import type { Tray } from '../media/tray.svelte.ts'
import type { DraftFile, TrayView } from '../media/tray-view.ts'
import { readDraft, saveDraft } from '../storage/drafts.ts'
import type { Draft } from '../storage/drafts.ts'
import { placeOf } from '../storage/place.ts'
import type { Place } from '../storage/place.ts'
import { readReadMark, saveReadMark } from '../storage/reads.ts'
import { readView, saveView } from '../storage/snapshots.ts'
import type { Store } from '../storage/store.ts'
import type { FailureCode } from '../words/errors.ts'
import type { UploadWatch } from './uploads.ts'
import type { ConversationView, MessageRow } from './conversation-view.ts'
import type { GroupLine, GroupLines } from './group-line.ts'
import { draftsLeft, leaveDraft } from './left-drafts.ts'

/** What is kept sealed of a conversation's end, to paint it before its documents are open. */
export interface SavedView {
  readonly rows: readonly MessageRow[]
  readonly hasOlder: boolean
  /** Absent in one that was kept by an earlier version. */
  readonly lines?: readonly (readonly [string, readonly GroupLine[]])[]
}

/** Rows of the saved view. */
export const savedRows = 50

export interface ConversationOptions {
  readonly store: Store
  readonly clique: CliqueId
  readonly space: SpaceId
  /** Opens the clique; with it come the heavy parts, after the first paint. */
  session(): Promise<CliqueSession>
  /** Why files that are wanted do not come, where it is not that nobody has them; reactive. */
  fetching(): FailureCode | null
  /** Told of faults that no caller is waiting for. */
  onFault(error: unknown): void
}

function hasFiles({ files, hidden }: MessageRow): boolean {
  return files.length > 0 || (hidden?.content?.files.length ?? 0) > 0
}

/** One open conversation: first as it was last seen, then as it is, then as it changes. */
export class Conversation implements ConversationView {
  readonly maxLength = maxMessageLength
  readonly #options: ConversationOptions
  readonly #place: Place
  readonly #session: Promise<CliqueSession>
  readonly #stops: (() => void)[] = []
  #ready = $state(false)
  #rows = $state.raw<readonly MessageRow[]>([])
  #lines = $state.raw<GroupLines>(new Map())
  #hasOlder = $state(false)
  #unreadFrom = $state<string | null>(null)
  #draft = $state('')
  #draftFiles: readonly DraftFile[] = []
  readonly #kept: Promise<Draft<DraftFile>>
  #saving: Promise<void>
  #tray = $state.raw<Tray | null>(null)
  #trayLoading: Promise<Tray> | null = null
  #shelf = $state.raw<Shelf | null>(null)
  #shelfLoading: Promise<void> | null = null
  #opened: { readonly window: ConversationWindow; readonly uploads: UploadWatch } | null = null
  #messages: readonly FoldedMessage[] = []
  #hasTyped = false
  #refresh: Promise<void> | null = null
  #isStale = false
  #isClosed = false

  constructor(options: ConversationOptions) {
    // Once it is left, what it was still reading may fail, as its clique may be closed too: that is nobody's fault.
    const onFault = (error: unknown): void => {
      if (!this.#isClosed) options.onFault(error)
    }
    this.#options = { ...options, onFault }
    this.#place = placeOf(options.clique, options.space)
    this.#kept = draftsLeft(this.#place).then(() => readDraft(options.store, this.#place))
    // Nothing is written over a draft that was not read yet.
    this.#saving = this.#kept.then(
      ({ files }) => void (this.#draftFiles = files),
      () => undefined,
    )
    this.#session = this.#start()
    // Without this, a clique that does not open would be an unhandled rejection as well as a told fault.
    this.#session.catch(onFault)
  }

  get ready(): boolean {
    return this.#ready
  }
  get rows(): readonly MessageRow[] {
    return this.#rows
  }
  get lines(): GroupLines {
    return this.#lines
  }
  get hasOlder(): boolean {
    return this.#hasOlder
  }
  get unreadFrom(): string | null {
    return this.#unreadFrom
  }
  get draft(): string {
    return this.#draft
  }
  get tray(): TrayView | null {
    return this.#tray
  }
  get shelf(): ShelfView | null {
    return this.#shelf
  }

  async loadOlder(): Promise<void> {
    await this.#session
    await this.#refresh
    const session = await this.#session
    const state = await this.#opened?.window.readOlder()
    if (state !== undefined) await this.#show(session, state)
  }

  async attach(files: readonly File[]): Promise<void> {
    const tray = await this.#openTray()
    tray.add(files)
  }

  async say(text: string): Promise<void> {
    const session = await this.#session
    const { sendFiles } = await import('./opened.ts')
    const files = this.#tray?.take() ?? []
    try {
      await sendFiles(session, this.#options.space, text, files)
    } catch (error) {
      this.#tray?.putBack(files)
      throw error
    }
    this.#draftFiles = this.#draftFiles.filter(
      ({ file }) => !files.some((sent) => sent.file.key === file.key),
    )
    // It is kept now: what fails from here on must not give the text back, or it would be said twice.
    try {
      // What was typed since then is the next message.
      if (this.#draft.trim() === text.trim()) this.#draft = ''
      await this.#saveDraft()
      await this.#update()
    } catch (error) {
      this.#options.onFault(error)
    }
  }

  async moderate(row: MessageRow): Promise<void> {
    const session = await this.#session
    const { rowKey, hideMessage, showMessage } = await import('./opened.ts')
    const message = this.#messages.find((one) => rowKey(one) === row.key)
    if (message === undefined) return
    await (row.hidden === null ? hideMessage : showMessage)(session, this.#options.space, message)
    await this.#update()
  }

  async saveDraft(text: string): Promise<void> {
    this.#hasTyped = true
    this.#draft = text
    await this.#saveDraft()
  }

  async markRead(): Promise<void> {
    const { store, clique } = this.#options
    const newest = this.#messages.at(-1)?.entry.time ?? 0
    if (newest > (await readReadMark(store, this.#place))) {
      await saveReadMark(store, clique, this.#place, newest)
    }
  }

  close(): void {
    this.#isClosed = true
    for (const stop of this.#stops.splice(0)) stop()
    this.#opened?.window.close()
    const tray = this.#tray
    if (tray !== null)
      leaveDraft(
        this.#place,
        tray.finish().then(() => this.#saving),
      )
    this.#shelf?.close()
  }

  /** One after another, or an older draft could come to lie over a newer one. */
  #saveDraft(): Promise<void> {
    const save = () =>
      saveDraft(this.#options.store, this.#place, { text: this.#draft, files: this.#draftFiles })
    const saving = this.#saving.then(save)
    this.#saving = saving.catch(() => undefined)
    return saving
  }

  /** What prepares files comes with the first of them. */
  #openTray(): Promise<Tray> {
    this.#trayLoading ??= this.#loadTray().catch((error: unknown) => {
      this.#trayLoading = null
      throw error
    })
    return this.#trayLoading
  }

  async #loadTray(): Promise<Tray> {
    const [{ Tray }, kept] = await Promise.all([import('../media/late.ts'), this.#kept])
    const { store, clique, onFault } = this.#options
    const onReady = (files: readonly DraftFile[]) => {
      this.#draftFiles = files
      return this.#saveDraft().catch(onFault)
    }
    const tray = new Tray({ store, clique, onReady, onFault }, kept.files)
    if (this.#isClosed) leaveDraft(this.#place, tray.finish())
    else this.#tray = tray
    return tray
  }

  /** What opens files comes with the first message that has some. */
  #needShelf(): void {
    if (this.#shelfLoading !== null || !this.#rows.some(hasFiles)) return
    this.#shelfLoading = this.#loadShelf()
    this.#shelfLoading.catch((error: unknown) => {
      this.#shelfLoading = null
      this.#options.onFault(error)
    })
  }

  async #loadShelf(): Promise<void> {
    const { Shelf } = await import('../media/late.ts')
    if (!this.#isClosed) this.#shelf = new Shelf(this.#options)
  }

  async #start(): Promise<CliqueSession> {
    const { store, space } = this.#options
    const [saved, draft] = await Promise.all([readView<SavedView>(store, this.#place), this.#kept])
    // Somebody may have typed meanwhile.
    if (!this.#hasTyped) this.#draft = draft.text
    if (draft.files.length > 0) this.#openTray().catch(this.#options.onFault)
    if (saved !== null) {
      this.#rows = saved.rows
      this.#lines = new Map(saved.lines)
      this.#hasOlder = saved.hasOlder
      this.#ready = true
      this.#needShelf()
    }
    const [session, parts] = await Promise.all([this.#options.session(), import('./opened.ts')])
    const documents = await session.documents(space)
    const window = new parts.ConversationWindow(documents)
    const uploads = new parts.UploadWatch(store, this.#options.clique)
    this.#opened = { window, uploads }
    if (this.#isClosed) return session
    const stop = session.onChange((change) => {
      const isMine = change.kind === 'roster' || ('space' in change && change.space === space)
      if (isMine) this.#update().catch(this.#options.onFault)
    })
    this.#stops.push(
      stop,
      uploads.listen(() => this.#update().catch(this.#options.onFault)),
    )
    await this.#read(session)
    await this.#findUnread(session)
    this.#ready = true
    return session
  }

  /** Reads again; calls that come while a reading runs are served by one more. */
  #update(): Promise<void> {
    this.#isStale = true
    this.#refresh ??= this.#readWhileStale().finally(() => (this.#refresh = null))
    return this.#refresh
  }

  async #readWhileStale(): Promise<void> {
    const session = await this.#session
    while (this.#isStale && !this.#isClosed) {
      this.#isStale = false
      await this.#read(session)
    }
  }

  async #read(session: CliqueSession): Promise<void> {
    const state = await this.#opened?.window.read()
    if (state !== undefined) await this.#show(session, state)
  }

  async #show(session: CliqueSession, state: Awaited<ReturnType<ConversationWindow['read']>>): Promise<void> {
    const { store } = this.#options
    const { readGroupLines, readUnrelayedSequences, readVectors, toMessageRows } = await import('./opened.ts')
    const [unrelayed, uploading, vectors] = await Promise.all([
      readUnrelayedSequences(store, this.#place, session.device),
      this.#opened?.uploads.read(state.messages, session.device) ?? new Set<number>(),
      readVectors(store, this.#place),
    ])
    if (this.#isClosed) return
    const { member: me, device, log } = session
    this.#messages = state.messages
    const { space } = this.#options
    const facts = { me, device, space, roster: log.state, unrelayed, uploading, vectors }
    this.#rows = toMessageRows(state.messages, facts, this.#rows)
    this.#hasOlder = state.hasOlder
    this.#needShelf()
    this.#lines = await readGroupLines(session, space, state)
    const end = this.#rows.slice(-savedRows)
    const kept = new Set(['', ...end.map(({ key }) => key)])
    const view: SavedView = {
      rows: end,
      hasOlder: state.hasOlder || end.length < this.#rows.length,
      lines: [...this.#lines].filter(([key]) => kept.has(key)),
    }
    // A shortcut for the next opening: without it nothing is lost.
    await saveView(store, this.#place, view).catch(this.#options.onFault)
  }

  async #findUnread(session: CliqueSession): Promise<void> {
    const mark = await readReadMark(this.#options.store, this.#place)
    const state = await this.#opened?.window.read()
    const first = state?.messages.find(
      ({ device, entry, hides }) =>
        entry.time > mark &&
        hides.length === 0 &&
        session.log.state.devices.get(device)?.member !== session.member,
    )
    if (mark === 0 || first === undefined) return
    this.#unreadFrom = `${first.device}.${first.sequence}.${first.index}`
  }
}
