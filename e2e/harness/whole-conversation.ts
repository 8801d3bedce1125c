import { expect } from '@playwright/test'
import type { Person } from './person.ts'

/** What somebody reads of the conversation on screen, older parts fetched. */
export async function readsAll(person: Person): Promise<string[]> {
  const older = person.page.getByRole('button', { name: 'Load older messages' })
  // What is near the top is fetched without a click too, so the button may be gone before it is pressed.
  const press = (buttons: (HTMLElement | SVGElement)[]): number => {
    for (const button of buttons) if (button instanceof HTMLElement) button.click()
    return buttons.length
  }
  await expect.poll(() => older.evaluateAll(press)).toBe(0)
  return person.reads()
}

/** These and no others, from top to bottom; parts come in one by one. */
export async function seesAll(person: Person, texts: readonly string[]): Promise<void> {
  await expect.poll(() => readsAll(person)).toEqual(texts)
}
