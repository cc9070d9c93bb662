/** What a source needs of its surroundings. */
export interface SourceContext {
  /** An existing folder for temporary copies. They hold personal data: readable by this user only, removed after. */
  readonly spoolDir: string;
  /** Whether the operator consents to loopback and private addresses (ROLLBOOK_ALLOW_PRIVATE_SOURCES). */
  readonly allowPrivate: boolean;
  /** Told what happens on the way, without credentials or personal data. */
  readonly log?: (message: string) => void;
  /** The first pause before a failed HTTP request is tried again, in milliseconds; later ones grow. Left out: 250. */
  readonly retryPauseMs?: number;
}
