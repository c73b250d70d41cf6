/**
 * Version of what is made of content. Raise it by one in the commit that changes, for the same content, a
 * byte of a document with a Last-Modified (a feed, an archive, a page, a list of addresses), or anything
 * that is stored of a release. At the first start with another version every file of the content folder is
 * read again, and every document counts as changed: without that, readers that send dates alone keep what an
 * earlier version made. `test/output-version.test.ts` fails when it was forgotten, and says what to do.
 */
export const outputVersion = 8

/** Version of the program, as `package.json` has it. Feeds name it, so another one changes every document. */
export const programVersion = '1.0.0'

/**
 * Names everything beside the content that documents depend on, for the store to remember. `hasHub`: feeds announce a
 * hub. `FEED_PAGES` is not part of it: it decides who gets a page in place of a feed, and no document shows it.
 */
export function outputName(baseUrl: string, hasHub: boolean): string {
  return `${outputVersion} ${programVersion} ${baseUrl}${hasHub ? ' hub' : ''}`
}
