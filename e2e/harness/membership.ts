import { expect, type Locator } from '@playwright/test'
import type { Person } from './person.ts'
import { dumpStorage } from './storage-dump.ts'

/** Begins a conversation of everybody, or with these people alone; ends in it. */
export async function begins(person: Person, title: string, others: readonly string[] = []): Promise<void> {
  const { page } = person
  await person.leavesConversation()
  await page.getByRole('link', { name: 'New conversation' }).click()
  await page.getByRole('textbox', { name: 'Name of the conversation' }).fill(title)
  if (others.length > 0) await page.getByRole('radio', { name: 'Only some people' }).check()
  for (const name of others) await page.getByRole('checkbox', { name }).check()
  await page.getByRole('button', { name: 'Begin' }).click()
  await person.isIn(title)
}

/** The entry of a conversation in the list of chats. */
export function chat({ page }: Person, title: string): Locator {
  return page.getByRole('list', { name: 'Chats' }).getByRole('link', { name: title })
}

/** From the list of chats into one of several conversations. */
export async function enters(person: Person, title: string): Promise<void> {
  await person.leavesConversation()
  await chat(person, title).click()
  await person.isIn(title)
}

/** From the page of a person, or of all people, back to the conversations. */
export async function looksAtChats({ page }: Person): Promise<void> {
  // Its name also says how many are unread.
  await page.getByRole('link', { name: /^Chats/ }).click()
}

/** The page that says who is in the conversation on screen. */
export async function looksWhoIsIn({ page }: Person): Promise<Locator> {
  await page.getByRole('link', { name: 'Who is in this conversation' }).first().click()
  const list = page.getByRole('list', { name: 'Who is in this conversation' })
  await expect(list).toBeVisible()
  return list
}

/** Gives the conversation on screen another name, and comes back to it. */
export async function names(person: Person, title: string): Promise<void> {
  const { page } = person
  await looksWhoIsIn(person)
  await page.getByRole('button', { name: 'Rename this conversation' }).click()
  const dialog = page.getByRole('dialog', { name: 'Rename this conversation' })
  await dialog.getByRole('textbox', { name: 'Name of the conversation' }).fill(title)
  await dialog.getByRole('textbox').press('Enter')
  await expect(dialog).toBeHidden()
  await page.getByRole('main').getByRole('link', { name: title }).click()
  await person.isIn(title)
}

/** From somebody's page on: another role. */
export async function gives(person: Person, name: string, role: string): Promise<void> {
  const { page } = person
  await looksAt(person, name)
  await page.getByRole('button', { name: 'Change role' }).click()
  const dialog = page.getByRole('dialog', { name: `Role of ${name}` })
  await dialog.getByRole('radio', { name: role }).check()
  await dialog.getByRole('button', { name: 'Give this role' }).click()
  await expect(dialog).toBeHidden()
}

/** The page of somebody in the list of people, former ones too. */
export async function looksAt(person: Person, name: string): Promise<void> {
  await person.looksAtMembers()
  const lists = person.page.getByRole('list', { name: /^(Members|Former members)$/ })
  await lists.getByRole('link', { name }).click()
  await expect(person.page.locator('#person-name')).toContainText(name)
}

/** What this says on the page of a person, once asked whether it is meant. */
export async function decides({ page }: Person, act: string, submit: string): Promise<void> {
  await page.getByRole('button', { name: act, exact: true }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: submit, exact: true }).click()
  await expect(dialog).toBeHidden()
}

interface Held {
  readonly records: string[]
  /** How many of the records stand for several older ones. */
  readonly compactions: number
  readonly chunks: string[]
}

/** Sealed records and names of chunks that a browser holds, or wants. */
export async function heldBy({ page }: Person): Promise<Held> {
  const { pieces } = await dumpStorage(page)
  const at = (pattern: RegExp) => pieces.filter(({ where }) => pattern.test(where))
  return {
    records: at(/^IndexedDB\/[^/]+\/records\/\d+\/bytes$/).map(({ base64 = '' }) => base64),
    compactions: at(/^IndexedDB\/[^/]+\/records\/\d+\/first$/).length,
    chunks: at(/^IndexedDB\/[^/]+\/(chunks|wants|chunkBytes)\/\d+\/chunk$/).map(({ text = '' }) => text),
  }
}
