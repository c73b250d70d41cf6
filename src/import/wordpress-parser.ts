import { SaxesParser } from 'saxes'
import { NotImported } from './read-entry.ts'

/** Characters of a text that are kept. No release may have as many. */
const longestText = 4_000_000
/** Characters without a tag, all of which the parser has to keep. */
const longestRun = 16_000_000

/** Characters that the parser is given at once. */
const step = 1_000_000

/** What stands in a post: its elements by name, the last of each but for categories and meta. */
export type Post = {
  fields: Map<string, string>
  categories: string[]
  /** What plugins for languages keep: the slug of each category by its kind. */
  marks: Map<string, string>
  meta: Map<string, string>
  isDamaged: boolean
}

/** What is asked of the meta data, of which plugins can keep more than all texts. */
const wantedMeta = new Set([
  '_thumbnail_id',
  '_wpml_import_language_code',
  '_wpml_import_translation_group',
  '_icl_lang_duplicate_of',
])

type Listener = {
  channel(name: string, text: string): void
  category(fields: Record<string, string>): void
  post(post: Post): void
}

/** Takes an export apart as it comes, and tells of each post when it ends. */
export class WordPressParser {
  readonly #listener: Listener
  readonly #parser = new SaxesParser()
  /** What was not well-formed first. */
  #problem: string | undefined
  /** Names of the elements that are open. */
  readonly #path: string[] = []
  /** Of the element that is open. */
  #text = ''
  /** Characters since the last tag. */
  #run = 0
  #post: Post | undefined
  #category: Record<string, string> | undefined
  #meta: { key?: string; value?: string } = {}
  /** Of a category of a post, which closes before it is known what it is. */
  #kind: { domain?: string; nicename?: string } = {}

  constructor(listener: Listener) {
    this.#listener = listener
    this.#parser.on('error', ({ message }) => this.#fail(message))
    this.#parser.on('opentag', ({ name, attributes }) => this.#open(name, attributes))
    this.#parser.on('text', (text) => this.#add(text))
    this.#parser.on('cdata', (text) => this.#add(text))
    this.#parser.on('closetag', ({ name }) => this.#close(name))
  }

  /** Throws NotImported for a text that would have to be kept as a whole. */
  write(chunk: string) {
    for (let start = 0; start < chunk.length; start += step) {
      const piece = chunk.slice(start, start + step)
      this.#run += piece.length
      this.#parser.write(piece.replace(forbidden, ''))
      if (this.#run > longestRun) {
        throw new NotImported(
          `This WordPress export cannot be read: it has a text of more than ${longestRun / 1_000_000} MB.`,
        )
      }
    }
  }

  /** Answers what was not well-formed first. */
  end(): string | undefined {
    try {
      this.#parser.close()
    } catch (error) {
      this.#problem ??= (error as Error).message
    }
    return this.#problem
  }

  #fail(message: string) {
    this.#problem ??= message
    if (this.#post && /clos(e|ing)/.test(message)) this.#post.isDamaged = true
  }

  #open(name: string, attributes: Record<string, string>) {
    this.#path.push(name)
    this.#text = ''
    this.#run = 0
    const depth = this.#path.length
    if (depth === 3 && name === 'item') this.#post = emptyPost()
    if (depth === 3 && name === 'wp:category') this.#category = {}
    if (depth === 4 && name === 'category') this.#kind = attributes
  }

  #add(more: string) {
    if (this.#text.length < longestText) this.#text += more
  }

  #close(name: string) {
    const depth = this.#path.length
    this.#run = 0
    this.#path.pop()
    if (depth === 3) this.#closeItem(name)
    else if (depth === 4 && this.#category) this.#category[name.replace(/^wp:/, '')] = this.#text
    else if (depth === 4 && this.#post) this.#closeField(this.#post, name)
    else if (depth === 5 && this.#post && this.#path.at(-1) === 'wp:postmeta') this.#closeMeta(name)
    this.#text = ''
  }

  #closeItem(name: string) {
    if (this.#post) this.#listener.post(this.#post)
    else if (this.#category) this.#listener.category(this.#category)
    else this.#listener.channel(name, this.#text)
    this.#post = undefined
    this.#category = undefined
  }

  #closeField(post: Post, name: string) {
    if (name === 'category') {
      const { domain, nicename } = this.#kind
      if (domain === undefined || /^(category|post_tag|tag)$/.test(domain)) {
        post.categories.push(this.#text)
      } else post.marks.set(domain, nicename || this.#text)
    } else if (name === 'wp:postmeta') {
      if (this.#meta.key && this.#meta.value) post.meta.set(this.#meta.key, this.#meta.value)
      this.#meta = {}
    } else post.fields.set(name, this.#text)
  }

  #closeMeta(name: string) {
    if (name === 'wp:meta_key') this.#meta.key = this.#text
    // What plugins keep here can be longer than all texts.
    if (name === 'wp:meta_value' && wantedMeta.has(this.#meta.key ?? ''))
      this.#meta.value = this.#text
  }
}

function emptyPost(): Post {
  return { fields: new Map(), categories: [], marks: new Map(), meta: new Map(), isDamaged: false }
}

/** What XML 1.0 section 2.2 forbids, which WordPress exports all the same. */
// oxlint-disable-next-line no-control-regex -- control characters are what this removes
const forbidden = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g
