import { Module } from '@nestjs/common';
import { SecurityContextPolicy } from './security-context.policy.js';

@Module({ providers: [SecurityContextPolicy], exports: [SecurityContextPolicy] })
export class SecurityContextModule {}
