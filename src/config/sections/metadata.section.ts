import { IsOptional } from 'class-validator';
import type { LocalizedKeywords, LocalizedText, MetadataSection } from '../configuration.js';
import { LocalizedKeywordsValue, LocalizedTextValue, Section, TextMapping } from '../constraints.js';

export class IdentificationDefinition {
  @IsOptional()
  @LocalizedTextValue()
  title?: LocalizedText | null;

  @IsOptional()
  @LocalizedTextValue()
  description?: LocalizedText | null;

  @IsOptional()
  @LocalizedKeywordsValue()
  keywords?: LocalizedKeywords | null;

  @IsOptional()
  @LocalizedTextValue()
  terms_of_service?: LocalizedText | null;

  @IsOptional()
  @LocalizedTextValue()
  url?: LocalizedText | null;
}

/** `license` and `provider`. */
export class NamedLinkDefinition {
  @IsOptional()
  @LocalizedTextValue()
  name?: LocalizedText | null;

  @IsOptional()
  @LocalizedTextValue()
  url?: LocalizedText | null;
}

/** `metadata` of the file. */
export class MetadataDefinition {
  @IsOptional()
  @Section(() => IdentificationDefinition)
  identification?: IdentificationDefinition | null;

  @IsOptional()
  @Section(() => NamedLinkDefinition)
  license?: NamedLinkDefinition | null;

  @IsOptional()
  @Section(() => NamedLinkDefinition)
  provider?: NamedLinkDefinition | null;

  @IsOptional()
  @TextMapping()
  contact?: Record<string, string> | null;
}

/** @param language whose text counts where the server knows only one */
export function toMetadataSection(definition: MetadataDefinition, language: string): MetadataSection {
  const { identification, license, provider, contact } = definition;
  const named = (link: NamedLinkDefinition | null | undefined) =>
    link ? { name: inLanguage(link.name, language), url: inLanguage(link.url, language) } : undefined;
  return {
    identification: {
      title: identification?.title ?? 'OGC API - Processes',
      description: identification?.description ?? '',
      keywords: identification?.keywords ?? [],
      termsOfService: inLanguage(identification?.terms_of_service, language),
      url: inLanguage(identification?.url, language),
    },
    license: named(license),
    provider: named(provider),
    contact: contact ? { ...contact } : undefined,
  };
}

function inLanguage(text: LocalizedText | null | undefined, language: string): string | undefined {
  if (typeof text === 'string') return text;
  return text ? (text[language] ?? text[language.split('-')[0] ?? ''] ?? Object.values(text)[0]) : undefined;
}
