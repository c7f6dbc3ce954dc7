const FOREIGN = /[^A-Za-z0-9+/=\s]/;

/** Decodes base64 (RFC 4648, section 4; line breaks and blanks anywhere) that comes in chunks cut anywhere. */
export class Base64Decoder {
  private rest = '';
  private padded = false;
  private broken = false;

  push(chunk: Buffer): Buffer {
    const raw = chunk.toString('latin1');
    this.broken ||= FOREIGN.test(raw);
    const text = raw.replace(/\s+/g, '');
    if (text === '' || this.broken) return Buffer.alloc(0);
    this.broken ||= this.padded || /=[^=]/.test(text);
    const padding = text.indexOf('=');
    const data = this.rest + (padding < 0 ? text : text.slice(0, padding));
    if (padding >= 0) return this.pad(data, text.length - padding);
    const whole = data.length - (data.length % 4);
    this.rest = data.slice(whole);
    return Buffer.from(data.slice(0, whole), 'base64');
  }

  /**
   * The last bytes, where the padding is left out.
   * @returns undefined where what came is no base64
   */
  end(): Buffer | undefined {
    if (this.broken || this.rest.length === 1) return undefined;
    return Buffer.from(this.rest, 'base64');
  }

  private pad(data: string, padding: number): Buffer {
    const over = data.length % 4;
    this.padded = true;
    this.rest = '';
    this.broken ||= over + padding !== 4 || padding > 2;
    return Buffer.from(data, 'base64');
  }
}
