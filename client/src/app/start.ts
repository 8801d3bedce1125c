import { mount } from 'svelte'
import App from './App.svelte'
import { ClientApp } from './client-app.svelte.ts'
import { watchFromTheStart } from '../deployment/from-the-start.ts'

/** The app, once the browser was found able to run it. */
export function startApp(target: HTMLElement): void {
  watchFromTheStart(import.meta.url)
  const app = new ClientApp()
  target.replaceChildren()
  mount(App, { target, props: { app } })
}
