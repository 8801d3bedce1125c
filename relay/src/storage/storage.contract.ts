import { bytesToId, isCliqueError, leafHash, mailboxIdOf, sha256, labels, toHex } from '@clique/crypto/verify'
import { verifyConsistency, verifyInclusion } from '@clique/crypto/verify'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { addTenant, batchOf, sampleTenant, textBytes } from '../testing/storage-samples.ts'
import type { MailboxId } from '@clique/crypto/verify'
import { contentPlace } from './storage.ts'
import type { Batch, RelayStorage, TenantId } from './storage.ts'

/** A batch that makes content mailbox `n` of tenant 1 where it is not there. */
function contentBatch(n: number, maxMailboxes = 9): Batch {
  const mailbox = mailboxIdOf(new Uint8Array(32).fill(n))
  const batch = batchOf(mailbox, ['aaaa'], contentPlace(sampleTenant(1), mailbox))
  return { ...batch, share: 'content', makes: { kind: 'content', maxMailboxes } }
}

const key = (byte: number) => new Uint8Array(32).fill(byte)

/** What every storage does. `open` gives an empty one; `maxBytes` bounds it. */
export function storageContract(name: string, open: (maxBytes?: number) => RelayStorage): void {
  describe(name, () => {
    const opened: RelayStorage[] = []
    const fresh = (maxBytes?: number): RelayStorage => {
      const storage = open(maxBytes)
      opened.push(storage)
      return storage
    }
    afterEach(async () => {
      for (const storage of opened.splice(0)) await storage.close()
    })

    it('[ST1] a mailbox gives its items in order, from any cursor', async () => {
      const storage = fresh()
      const { control } = await addTenant(storage, 1)
      await storage.append(batchOf(control, ['a', 'b']))
      await storage.append(batchOf(control, ['c']))
      for (let cursor = 0; cursor <= 3; cursor++) {
        const reading = await storage.read(control, cursor, 1000, 1000)
        expect(reading?.items.map(({ offset }) => offset)).toEqual([0, 1, 2].slice(cursor))
        expect(reading?.items.map(({ bytes }) => String.fromCharCode(...bytes)).join('')).toBe(
          'abc'.slice(cursor),
        )
        expect(reading).toMatchObject({ to: 3, next: 3 })
      }
      expect(await storage.read(control, 9, 1000, 1000)).toMatchObject({ items: [], to: 9, next: 3 })
    })

    it('[ST1] a reading stops at its limits and says where to go on, but gives one item at least', async () => {
      const storage = fresh()
      const { control } = await addTenant(storage, 1)
      await storage.append(batchOf(control, ['aaaa', 'bbbb', 'cccc']))
      expect(await storage.read(control, 0, 9, 1000)).toMatchObject({ to: 2, next: 3 })
      expect(await storage.read(control, 0, 1000, 1)).toMatchObject({ to: 1, next: 3 })
      const reading = await storage.read(control, 1, 1, 1000)
      expect(reading).toMatchObject({ items: [{ offset: 1 }], to: 2 })
    })

    it('[ST1] what was appended is what is read, whatever the batches and cursors', async () => {
      const storage = fresh()
      const { control } = await addTenant(storage, 1)
      const written: string[] = []
      const batches = fc.array(fc.array(fc.string({ maxLength: 20 }), { minLength: 1, maxLength: 5 }), {
        maxLength: 4,
      })
      await fc.assert(
        fc.asyncProperty(
          batches,
          fc.nat(60),
          fc.integer({ min: 1, max: 9 }),
          async (more, start, maxItems) => {
            const appended = await Promise.all(more.map((texts) => storage.append(batchOf(control, texts))))
            appended.forEach(({ first }, i) =>
              expect(first).toBe(written.length + more.slice(0, i).flat().length),
            )
            written.push(...more.flat())
            const from = Math.min(start, written.length)
            const read: string[] = []
            for (let cursor = from; cursor < written.length;) {
              const reading = await storage.read(control, cursor, 50, maxItems)
              if (reading === null) throw new Error('the mailbox is there')
              read.push(...reading.items.map(({ bytes }) => new TextDecoder().decode(bytes)))
              cursor = reading.to
            }
            expect(read).toEqual(written.slice(from).map((text) => new TextDecoder().decode(textBytes(text))))
          },
        ),
        { numRuns: 30 },
      )
    })

    it('[ST2] batches of one turn share a checkpoint that holds them all', async () => {
      const storage = fresh()
      const { control } = await addTenant(storage, 1)
      await storage.append(batchOf(control, ['before']))
      const group = await Promise.all(
        ['a', 'b', 'c', 'd', 'e'].map((text) => storage.append(batchOf(control, [text]))),
      )
      expect(group.map(({ index }) => index)).toEqual([1, 2, 3, 4, 5])
      for (const { size, root, index, proof, leaf } of group) {
        expect([size, toHex(root)]).toEqual([6, toHex(group[0]?.root ?? root)])
        expect(verifyInclusion(index, size, leafHash(leaf), proof, root)).toBe(true)
      }
    })

    it('[ST3] the log only grows, and says so for any two sizes', async () => {
      const storage = fresh()
      const { control, id } = await addTenant(storage, 1)
      const states = [await storage.logState(id)]
      for (let i = 0; i < 20; i++) {
        const { size, root } = await storage.append(batchOf(control, [`item ${i}`]))
        states.push({ size, root })
      }
      expect(await storage.logState(id)).toEqual(states.at(-1))
      for (const old of states) {
        for (const now of states.slice(old.size)) {
          const proof = await storage.proveConsistency(id, old.size, now.size)
          expect(verifyConsistency(old.size, now.size, old.root, now.root, proof ?? [])).toBe(true)
        }
      }
      expect(await storage.proveConsistency(id, 3, 21)).toBeNull()
      expect(await storage.proveConsistency(id, 4, 3)).toBeNull()
    })

    it('[ST4] each share of a tenant has its own limit, and a refused batch leaves nothing', async () => {
      const storage = fresh()
      const { control, id } = await addTenant(storage, 1)
      const other = await addTenant(storage, 2)
      const full = { ...batchOf(control, ['aaaa']), shareLimit: 10 }
      const group = await Promise.allSettled([
        storage.append(full),
        storage.append(full),
        storage.append(full),
      ])
      expect(group.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected'])
      await expect(storage.append(full)).rejects.toThrow('relay-quota')
      expect((await storage.logState(id)).size).toBe(1)
      expect((await storage.read(control, 0, 100, 100))?.next).toBe(1)
      await storage.append({ ...full, share: 'unattested' })
      await storage.append({ ...full, place: other.control, tenant: other.id })
    })

    it('[ST4] one mailbox has its limit too', async () => {
      const storage = fresh()
      const { control } = await addTenant(storage, 1)
      await storage.append({ ...batchOf(control, ['aaaa']), mailboxLimit: 10 })
      const second = { ...batchOf(control, ['aaaa']), mailboxLimit: 10 }
      await expect(storage.append(second)).rejects.toThrow('relay-mailbox-full')
    })

    it('[ST5] what is over is pruned, frees its share, and offsets are never used again', async () => {
      const storage = fresh()
      const { control } = await addTenant(storage, 1)
      const short = { ...batchOf(control, ['aaaa']), keepUntil: 100, shareLimit: 10 }
      await storage.append(short)
      expect(await storage.prune(99, 10)).toBe(0)
      expect(await storage.prune(100, 10)).toBe(1)
      expect(await storage.findMailbox(control)).toMatchObject({ oldest: 1, next: 1 })
      expect((await storage.append({ ...short, keepUntil: 500 })).first).toBe(1)
      expect(await storage.read(control, 0, 100, 100)).toMatchObject({ items: [{ offset: 1 }], to: 2 })
      expect(await storage.findMailbox(control)).toMatchObject({ oldest: 1, next: 2 })
    })

    it('[ST6] a full storage refuses with its code, keeps what it has and goes on reading', async () => {
      const storage = fresh(400_000)
      const { control, id } = await addTenant(storage, 1)
      const big = 'x'.repeat(20_000)
      let kept = 0
      const refusal = await (async () => {
        for (;;) {
          try {
            await storage.append(batchOf(control, [big]))
            kept++
          } catch (error) {
            return error
          }
        }
      })()
      expect(isCliqueError(refusal, 'relay-storage-full')).toBe(true)
      expect(kept).toBeGreaterThan(5)
      expect((await storage.logState(id)).size).toBe(kept)
      expect((await storage.read(control, kept - 1, 1, 1))?.items).toHaveLength(1)
      await expect(storage.append(batchOf(control, [big]))).rejects.toThrow('relay-storage-full')
    })

    it('[ST7] an unknown mailbox takes and gives nothing', async () => {
      const storage = fresh()
      const nobody = bytesToId('mailbox', new Uint8Array(32))
      await expect(storage.append(batchOf(nobody, ['a']))).rejects.toThrow('relay-mailbox-unknown')
      expect(await storage.read(nobody, 0, 10, 10)).toBeNull()
      expect(await storage.findMailbox(nobody)).toBeNull()
    })

    it('[ST7] a mailbox is made by its first batch, for one tenant and one kind', async () => {
      const storage = fresh()
      const { id } = await addTenant(storage, 1)
      const { id: other } = await addTenant(storage, 2)
      const content = contentBatch(9)
      await expect(storage.append({ ...content, makes: null })).rejects.toThrow('relay-mailbox-unknown')
      // Two in one turn of the event loop, to a mailbox that is not there yet.
      const [first, second] = await Promise.all([storage.append(content), storage.append(content)])
      expect([first.first, second.first]).toEqual([0, 1])
      const made = { place: content.place, kind: 'content', tenant: id, oldest: 0, next: 2 }
      expect(await storage.findMailbox(content.place)).toEqual(made)
      const recovery = { ...content, makes: { kind: 'recovery', maxMailboxes: 9 } } as const
      await expect(storage.append(recovery)).rejects.toThrow('relay-mailbox-kind')
      await expect(storage.append({ ...content, tenant: other })).rejects.toThrow('relay-other-tenant')
      const nobody = { ...contentBatch(10), tenant: 'ff'.repeat(32) as TenantId }
      await expect(storage.append(nobody)).rejects.toThrow('relay-mailbox-unknown')
      expect(await storage.findMailbox(content.place)).toEqual(made)
      expect(await storage.findMailbox(nobody.place)).toBeNull()
    })

    it('[ST7] content mailboxes of one name are one in each tenant, and each goes its own way', async () => {
      const storage = fresh()
      const [first, second] = [await addTenant(storage, 1), await addTenant(storage, 2)]
      const mailbox = mailboxIdOf(new Uint8Array(32).fill(9))
      const place = contentPlace(second.id, mailbox)
      await storage.append({ ...contentBatch(9), tenant: second.id, place, keepUntil: 100 })
      await storage.append({ ...contentBatch(9), keepUntil: 500 })
      await storage.append(contentBatch(9))
      const own = contentPlace(first.id, mailbox)
      expect(await storage.read(own, 0, 100, 10)).toMatchObject({ tenant: first.id, next: 2 })
      expect(await storage.read(place, 0, 100, 10)).toMatchObject({ tenant: second.id, next: 1 })
      expect(await storage.prune(100, 10)).toBe(1)
      expect(await storage.findMailbox(place)).toBeNull()
      expect(await storage.findMailbox(own)).toMatchObject({ oldest: 0, next: 2 })
    })

    it('[ST12] each kind of mailboxes of a tenant has its own limit', async () => {
      const storage = fresh()
      await addTenant(storage, 1)
      const other = await addTenant(storage, 2)
      await storage.append(contentBatch(1, 2))
      await storage.append(contentBatch(2, 2))
      await expect(storage.append(contentBatch(3, 2))).rejects.toThrow('relay-too-many')
      expect(await storage.findMailbox(contentBatch(3).place)).toBeNull()
      await storage.append(contentBatch(2, 2))
      const recovery = { ...contentBatch(4), makes: { kind: 'recovery', maxMailboxes: 1 } } as const
      await storage.append(recovery)
      await storage.append({ ...contentBatch(5, 1), tenant: other.id })
    })

    it('[ST12] a batch that is refused makes no mailbox', async () => {
      const storage = fresh()
      await addTenant(storage, 1)
      await expect(storage.append({ ...contentBatch(1), mailboxLimit: 1 })).rejects.toThrow(
        'relay-mailbox-full',
      )
      await expect(storage.append({ ...contentBatch(1), shareLimit: 1 })).rejects.toThrow('relay-quota')
      expect(await storage.findMailbox(contentBatch(1).place)).toBeNull()
      await storage.append(contentBatch(1, 1))
    })

    it('[ST13] a mailbox is gone with its last item, gives back its place, and its offsets never come again', async () => {
      const storage = fresh()
      const { control, id } = await addTenant(storage, 1)
      const short = { ...contentBatch(1, 1), keepUntil: 100 }
      await storage.append(short)
      await storage.append({ ...short, keepUntil: 200 })
      await storage.append({ ...batchOf(control, ['a']), keepUntil: 100 })
      expect(await storage.prune(150, 10)).toBe(2)
      expect(await storage.findMailbox(short.place)).toMatchObject({ oldest: 1, next: 2 })
      expect(await storage.findMailbox(control)).toMatchObject({ oldest: 1, next: 1 })
      await expect(storage.append(contentBatch(2, 1))).rejects.toThrow('relay-too-many')
      expect(await storage.prune(200, 10)).toBe(1)
      expect(await storage.findMailbox(short.place)).toBeNull()
      expect(await storage.read(short.place, 0, 10, 10)).toBeNull()
      expect((await storage.findTenant(id))?.firstOffset).toBe(2)
      // Whoever read two items of the one that is gone goes on behind them.
      expect((await storage.append(short)).first).toBe(2)
      await expect(storage.append(contentBatch(2, 1))).rejects.toThrow('relay-too-many')
      expect(await storage.read(short.place, 2, 100, 10)).toMatchObject({ items: [{ offset: 2 }], next: 3 })
    })

    it('[ST8] the claim token makes one owner; the same registration again stands', async () => {
      const storage = fresh()
      const token = new Uint8Array(16).fill(1)
      const hash = (bytes: Uint8Array) => sha256(labels.relayToken, bytes)
      expect(await storage.claimToken(() => token, hash)).toEqual(token)
      expect(await storage.claimToken(() => new Uint8Array(16), hash)).toEqual(token)
      const owner = await addTenant(storage, 1, hash(token))
      expect((await storage.findTenant(owner.id))?.owner).toBe(true)
      expect(await storage.claimToken(() => token, hash)).toBeNull()
      expect(await storage.register(owner.registration, 5)).toBeNull()
      await expect(addTenant(storage, 2, hash(token))).rejects.toThrow('relay-token-used')
      await expect(addTenant(storage, 3, hash(new Uint8Array(16)))).rejects.toThrow('relay-token-unknown')
    })

    it('[ST8] an allow token lets one tenant in, who is no owner, while it lasts', async () => {
      const storage = fresh()
      const hash = new Uint8Array(32).fill(4)
      expect(await storage.allow(hash, 0, 100, 1)).toBe(true)
      expect(await storage.allow(new Uint8Array(32), 0, 100, 1)).toBe(false)
      const late = await addTenant(storage, 1, hash, 100).catch((error: unknown) => error)
      expect(isCliqueError(late, 'relay-token-unknown')).toBe(true)
      const { id } = await addTenant(storage, 1, hash, 99)
      expect(await storage.findTenant(id)).toMatchObject({ owner: false, generation: 1, retired: 0 })
    })

    it('[ST8] keys that another tenant registered are taken', async () => {
      const storage = fresh()
      const first = await addTenant(storage, 1)
      const tokenHash = new Uint8Array(32).fill(200)
      await storage.allow(tokenHash, 0, 10, 100)
      const copies = [
        { ...first.registration, tokenHash },
        { ...first.registration, tokenHash, id: 'aa'.repeat(32) as TenantId },
      ]
      for (const copy of copies) expect(await storage.register(copy, 1)).toBe('relay-key-taken')
    })

    it('[ST9] generations of the capability rise by one and end in order, never the newest', async () => {
      const storage = fresh()
      const { id, capability, control, registration } = await addTenant(storage, 1)
      const { admin } = registration
      expect(await storage.renew(id, admin, 3, key(103))).toBe('relay-generation')
      expect(await storage.renew(id, admin, 2, capability)).toBe('relay-key-taken')
      expect(await storage.renew(id, admin, 2, key(102))).toBeNull()
      expect(await storage.renew(id, admin, 2, key(102))).toBeNull()
      expect(await storage.renew(id, admin, 2, key(103))).toBe('relay-generation')
      expect(await storage.retire(id, admin, 2)).toBe('relay-generation')
      expect(await storage.retire(id, admin, 1)).toBeNull()
      expect(await storage.retire(id, admin, 1)).toBeNull()
      const found = (one: Uint8Array) => storage.findCapability(control, one)
      expect(await found(key(102))).toMatchObject({ generation: 2, tenant: { id, retired: 1 } })
      expect(await found(capability)).toMatchObject({ generation: 1 })
      expect(await found(key(99))).toBeNull()
    })

    it('[ST16] a capability is one within its tenant, and is found by the control mailbox of each that has it', async () => {
      const storage = fresh()
      const [first, second] = [await addTenant(storage, 1), await addTenant(storage, 2)]
      const key = new Uint8Array(32).fill(102)
      expect(await storage.renew(second.id, second.registration.admin, 2, first.capability)).toBeNull()
      expect(await storage.renew(second.id, second.registration.admin, 3, key)).toBeNull()
      expect(await storage.renew(first.id, first.registration.admin, 2, key)).toBeNull()
      expect(await storage.retire(second.id, second.registration.admin, 2)).toBeNull()
      const found = async (control: MailboxId, one: Uint8Array) => {
        const capability = await storage.findCapability(control, one)
        return capability && [capability.tenant.id, capability.generation, capability.tenant.retired]
      }
      expect(await found(first.control, first.capability)).toEqual([first.id, 1, 0])
      expect(await found(first.control, key)).toEqual([first.id, 2, 0])
      expect(await found(second.control, first.capability)).toEqual([second.id, 2, 2])
      expect(await found(second.control, key)).toEqual([second.id, 3, 2])
      expect(await found(first.control, second.capability)).toBeNull()
      const content = contentBatch(9)
      await storage.append(content)
      expect(await found(content.place as MailboxId, key)).toBeNull()
      const tokenHash = new Uint8Array(32).fill(200)
      await storage.allow(tokenHash, 0, 10, 100)
      const others = { tokenHash, id: 'aa'.repeat(32) as TenantId, admin: key, controlKey: key }
      const third = { ...first.registration, ...others, control: mailboxIdOf(key) }
      expect(await storage.register(third, 1)).toBeNull()
      expect(await found(third.control, first.capability)).toEqual([third.id, 1, 0])
    })

    it('[ST14] admin keys are those that one of them named last, and each is one tenant’s', async () => {
      const storage = fresh()
      const [first, second] = [await addTenant(storage, 1), await addTenant(storage, 2)]
      const { admin } = first.registration
      const idOf = async (found: Uint8Array) => (await storage.findAdmin(found))?.id ?? null
      expect(await storage.setAdmins(first.id, admin, [admin, key(101), key(101)])).toBeNull()
      expect(await Promise.all([admin, key(101), key(102)].map(idOf))).toEqual([first.id, first.id, null])
      for (const by of [key(102), second.registration.admin]) {
        expect(await storage.setAdmins(first.id, by, [by])).toBe('relay-not-admin')
      }
      // The one that named the tenant may go, and is nobody else's for all that.
      expect(await storage.setAdmins(first.id, key(101), [key(101), key(102)])).toBeNull()
      // Nor does it renew or retire any more, though it was one when it signed.
      expect(await storage.renew(first.id, admin, 2, key(110))).toBe('relay-not-admin')
      expect(await storage.renew(first.id, second.registration.admin, 2, key(110))).toBe('relay-not-admin')
      expect(await storage.renew(first.id, key(102), 2, key(110))).toBeNull()
      expect(await storage.retire(first.id, admin, 1)).toBe('relay-not-admin')
      expect(await storage.retire(first.id, key(102), 1)).toBeNull()
      expect(await Promise.all([admin, key(102)].map(idOf))).toEqual([null, first.id])
      for (const taken of [admin, key(102)]) {
        const by = second.registration.admin
        expect(await storage.setAdmins(second.id, by, [by, taken, key(104)])).toBeNull()
      }
      // What is another's is left out, and the rest is named all the same.
      const named = await Promise.all([admin, key(102), key(104)].map(idOf))
      expect(named).toEqual([null, first.id, second.id])
      expect(await idOf(second.registration.admin)).toBe(second.id)
      const tokenHash = key(200)
      await storage.allow(tokenHash, 0, 10, 100)
      const copy = { ...second.registration, tokenHash, id: 'aa'.repeat(32) as TenantId, admin: key(102) }
      const others = { capability: key(103), controlKey: key(105), control: 'bb'.repeat(32) as MailboxId }
      expect(await storage.register({ ...copy, ...others }, 1)).toBe('relay-key-taken')
    })

    it('[ST10] closing stores what was appended before, and refuses what comes after', async () => {
      const storage = fresh()
      const { control } = await addTenant(storage, 1)
      const last = storage.append(batchOf(control, ['a']))
      await storage.close()
      expect((await last).first).toBe(0)
      await expect(storage.append(batchOf(control, ['b']))).rejects.toThrow('relay-stopping')
    })
  })
}
