import { FileReport } from '../file-report.ts';

/**
 * Says what is wrong with objects of a collection. They stand in no line, so that their ids say where; members are
 * named as they are in JSON.
 */
export class CollectionReport extends FileReport {
  /** The `sourcedId` of the object at hand; '' if it has none. */
  current = '';

  protected override place(): string {
    return this.current === '' ? this.fileName : `${this.fileName} "${this.current}"`;
  }

  override column(name: string): string {
    return `\`${memberOf(name)}\``;
  }
}

/** `termSourcedIds` of the CSV binding is `terms` here; `sourcedId` is itself. */
const memberOf = (column: string): string => column.replace(/(?<=.)SourcedId(s?)$/, '$1');
