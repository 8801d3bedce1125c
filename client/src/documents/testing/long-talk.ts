import { sealRecord, sendingKey, signRecord, systemRandom } from '@clique/crypto'
import type { RecordBody, RecordId, SpaceKey } from '@clique/crypto'
import type { DocumentGrowth, NewRecord } from '../../storage/records.ts'
import { Chapter } from '../chapter.ts'
import { chapterLength, chapterName } from '../chapter-name.ts'
import { describeUpdate } from '../update-description.ts'
import { forge } from './forgery.ts'
import type { TestMember } from './members.ts'

/** What one chapter brings to storage. */
export interface TalkChapter {
  readonly name: string
  readonly records: readonly NewRecord[]
  readonly growth: DocumentGrowth
  /** For its snapshot, with all of its records. */
  readonly state: Uint8Array
}

/**
 * One member's messages without end, signed, chained and sealed as the app does it, chapter by chapter, for many more
 * than one would wait for from `says`. The member's own profile does not hold them.
 */
export class LongTalk {
  readonly key: SpaceKey
  readonly #member: TestMember
  #body: RecordBody
  #chapters = 0

  private constructor(member: TestMember, key: SpaceKey, body: RecordBody) {
    this.#member = member
    this.key = key
    this.#body = body
  }

  /** `chapters`: of so many the records went before, or are said to have. */
  static async by(member: TestMember, chapters = 0): Promise<LongTalk> {
    const key = sendingKey(member.session.log, member.space)
    if (key === null) throw new Error('no key')
    const { body } = await forge(member)
    if (chapters === 0) return new LongTalk(member, key, body)
    const sequence = body.sequence + chapters * chapterLength
    const before = { previous: '00'.repeat(32) as RecordId, previousKey: key.keyId }
    const talk = new LongTalk(member, key, { ...body, ...before, sequence })
    talk.#chapters = chapters
    return talk
  }

  async nextChapter(): Promise<TalkChapter> {
    const name = chapterName(this.#chapters++)
    const chapter = new Chapter(this.#body.space, name)
    const records: NewRecord[] = []
    let newest = 0
    for (let i = 0; i < chapterLength; i++) {
      const { sequence, device } = this.#body
      const time = this.#member.session.now()
      newest = Math.max(newest + 1, time)
      const text = `message ${sequence}: the boat leaves at seven, bring something warm and the blue rope`
      const update = chapter.append(this.#body, { kind: 'message', time: newest, sentAt: time, text })
      const signed = await signRecord(
        { ...this.#body, document: name, payload: update },
        this.#member.session.me.signer,
      )
      chapter.apply({ device, sequence, receivedAt: time, update, described: describeUpdate(update) })
      const { keyId } = this.key
      const bytes = sealRecord(signed, this.key, systemRandom)
      records.push({
        device,
        sequence,
        id: signed.id,
        document: name,
        keyId,
        bytes,
        receivedAt: time,
        relays: ['relay'],
      })
      this.#body = { ...this.#body, sequence: sequence + 1, previous: signed.id, previousKey: keyId }
    }
    const state = chapter.encodeState()
    chapter.close()
    return { name, records, growth: { document: name, newest, entries: records.length }, state }
  }
}
