import { type InputLimit, inputLimitOf } from '../../access/limits/input-limit.js';
import type { Rules } from '../../access/rules/rules.js';
import type { Identity } from '../../ogc/requests/identity.js';
import { PayloadTooLargeError } from '../../ogc/domain-errors.js';

/**
 * How many bytes a form with files may have: what the server reads, and what its sender may send as inputs. Who that is, is known once the
 * token among its fields is: before, nothing but a few texts is taken from anybody.
 */
export class FormCeiling {
  private ofSender: InputLimit | undefined;
  private isKnown = false;
  private size = 0;

  constructor(
    private readonly ofServer: number,
    private readonly rules: Rules | undefined,
  ) {}

  get knowsSender(): boolean {
    return this.isKnown;
  }

  /** @throws PayloadTooLargeError, InputLimitError where more has come already than the sender may send */
  sentBy(identity: Identity | undefined): void {
    this.isKnown = true;
    this.ofSender = inputLimitOf(this.rules, identity);
    this.assertSize();
  }

  /** Of the whole body. @throws PayloadTooLargeError, InputLimitError where it is too large with them */
  received(bytes: number): void {
    this.size += bytes;
    this.assertSize();
  }

  private assertSize(): void {
    const { ofSender, ofServer } = this;
    const most = Math.min(ofServer, ofSender?.bytes ?? Infinity);
    if (this.size <= most) return;
    if (ofSender && most < ofServer) throw ofSender.refusal(most + 1);
    throw new PayloadTooLargeError(
      `The server reads at most ${most} bytes of a form with files (server.max_upload_bytes), and this one has more.`,
    );
  }
}
