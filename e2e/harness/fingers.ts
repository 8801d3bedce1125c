import type { CDPSession, Page } from '@playwright/test'

interface Place {
  readonly x: number
  readonly y: number
}

interface Touch extends Place {
  readonly id: number
}

/** Fingers on a screen, as the browser itself gets them: it decides what is a scroll, a pinch or the page's own affair. */
export class Fingers {
  readonly #session: CDPSession

  private constructor(session: CDPSession) {
    this.#session = session
  }

  static async on(page: Page): Promise<Fingers> {
    return new Fingers(await page.context().newCDPSession(page))
  }

  /** One finger comes down, maybe goes somewhere, and stays there; it goes away when what is returned is called. */
  async rest(from: Place, to = from): Promise<() => Promise<void>> {
    await this.#send('touchStart', [{ ...from, id: 0 }])
    if (to !== from) await this.#send('touchMove', [{ ...to, id: 0 }])
    return () => this.#send('touchEnd', [])
  }

  /** Each finger along a way of its own, all at once. */
  async move(...ways: readonly (readonly [from: Place, to: Place])[]): Promise<void> {
    const steps = 8
    const at = (step: number): Touch[] =>
      ways.map(([from, to], id) => ({
        id,
        x: from.x + ((to.x - from.x) * step) / steps,
        y: from.y + ((to.y - from.y) * step) / steps,
      }))
    await this.#send('touchStart', at(0))
    for (let step = 1; step <= steps; step++) await this.#send('touchMove', at(step))
    await this.#send('touchEnd', [])
  }

  async #send(type: 'touchStart' | 'touchMove' | 'touchEnd', touchPoints: Touch[]): Promise<void> {
    await this.#session.send('Input.dispatchTouchEvent', { type, touchPoints })
  }
}
