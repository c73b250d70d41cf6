import type { Meaning } from './answers/answers.ts'
import type { Current } from './answers/state.ts'
import { ofWholeState, pagePolicy, pathOf } from './question.ts'

/** The page for whoever programs. */
export function developersPageMeaning(current: Current): Meaning {
  const address = current.addresses.developers()
  return {
    key: address,
    address,
    subject: { kind: 'page', path: pathOf(address) },
    renderedAs: 'html',
    contentType: 'text/html; charset=utf-8',
    headers: () => ({ 'content-security-policy': pagePolicy }),
    ...ofWholeState(current, async () => {
      const { developersPage } = await import('./pages/developers.ts')
      return String(await developersPage(current))
    }),
  }
}
