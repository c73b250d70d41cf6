// What the tools beside the service (import, push, probe) are given by a command, and how they end.

/** Why a command ends without having done what it was asked for: a sentence for whoever asked. */
export class NotDone extends Error {
  /** 1: a problem was found, or something failed. 2: the command was used wrongly. 130: interrupted. */
  readonly exitCode: 1 | 2 | 130

  constructor(sentence: string, exitCode: 1 | 2 | 130 = 1) {
    super(sentence)
    this.exitCode = exitCode
  }
}

/** How far some work has come. */
export type Progress = {
  /** So much more is done. */
  step(count?: number): void
  /** All is done, or nothing more will be. */
  end(): void
}

/** Where a tool writes what people read. */
export type Output = {
  /** Says what a command was asked for, on standard output. */
  say(text: string): void
  /** Says how it goes, and what is wrong, on standard error. */
  tell(text: string): void
  progress(what: string, total: number): Progress
}
