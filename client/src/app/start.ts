import { mount } from 'svelte'
import App from './App.svelte'
import { ClientApp } from './client-app.svelte.ts'

/** The app, once the browser was found able to run it. */
export function startApp(target: HTMLElement): void {
  const app = new ClientApp()
  target.replaceChildren()
  mount(App, { target, props: { app } })
}
