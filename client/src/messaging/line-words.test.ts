import type { MemberId, Role } from '@clique/crypto'
import { beforeAll, expect, test } from 'vitest'
import { membership as englishMembership } from '../words/english-membership.ts'
import { english } from '../words/english.ts'
import { language } from '../words/language.svelte.ts'
import { membership as spanishMembership } from '../words/spanish-membership.ts'
import { spanish } from '../words/spanish.ts'
import type { GroupLine } from './group-line.ts'
import { lineSentence } from './line-words.ts'

beforeAll(() => language.restore())

const named = (name: string, me = false) => ({ id: name as MemberId, name, me })
const [anna, ben, carla, dan] = ['Anna', 'Ben', 'Carla', 'Dan'].map((name) => named(name))
const everyRole: readonly Role[] = ['owner', 'admin', 'moderator', 'member', 'reader']

const line = (role: Role | null, whom: (typeof anna)[], made: Partial<GroupLine> = {}): GroupLine => ({
  kind: 'role',
  by: anna ?? null,
  whom: whom.flatMap((one) => one ?? []),
  role,
  ...made,
})
const inEnglish = (line: GroupLine) => lineSentence(english, englishMembership, line)
const inSpanish = (line: GroupLine) => lineSentence(spanish, spanishMembership, line)

test('a role is given to one in the singular and to several in the plural', () => {
  const article = (role: Role) => (role === 'owner' || role === 'admin' ? 'an' : 'a')
  for (const role of everyRole) {
    expect(inEnglish(line(role, [ben]))).toBe(`Anna made Ben ${article(role)} ${role}`)
    expect(inEnglish(line(role, [ben, carla]))).toBe(`Anna made Ben and Carla ${role}s`)
    expect(inEnglish(line(role, [ben, carla, dan]))).toBe(`Anna made Ben and 2 others ${role}s`)
    const name = spanish.people.roles[role]
    for (const whom of [[ben], [ben, carla, dan]]) {
      expect(inSpanish(line(role, whom))).toMatch(new RegExp(`^Anna ha dado a Ben.* el papel «${name}»$`))
    }
  }
})

test('whoever has a role now, one or several, has it in the right number', () => {
  const by = named('Anna', true)
  expect(inEnglish(line('admin', [ben, carla], { by }))).toBe('You made Ben and Carla admins')
  expect(inEnglish(line('admin', [ben], { by }))).toBe('You made Ben an admin')
  expect(inEnglish(line('member', [ben], { by: null }))).toBe('Ben is now a member')
  expect(inEnglish(line('member', [ben, carla], { by: null }))).toBe('Ben and Carla are now members')
  expect(inSpanish(line('admin', [ben], { by: null }))).toBe('Ben tiene ahora el papel «Administración»')
  expect(inSpanish(line('admin', [ben, carla, dan], { by: null }))).toBe(
    'Ben y 2 personas más tienen ahora el papel «Administración»',
  )
  expect(inEnglish(line('admin', [named('Ben', true)]))).toBe('Anna made you an admin')
})

test('copied devices of several are several', () => {
  const copied = (whom: (typeof anna)[]) => line(null, whom, { kind: 'copied', by: null })
  expect(inEnglish(copied([ben]))).toBe('A device of Ben was found copied and is out')
  expect(inEnglish(copied([ben, carla]))).toBe('Devices of Ben and Carla were found copied and are out')
  expect(inSpanish(copied([ben, carla, dan]))).toMatch(/^Dispositivos de Ben y .* ya no cuentan$/)
})
