"""All settings, read from the environment once; `.env.example` documents every variable.

An odd or missing value stops the start with one line. Each secret can also be given as NAME_FILE.
"""

from __future__ import annotations

import base64
import os
import re
import sys
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, quote, urlsplit

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from redis.backoff import NoBackoff
from redis.retry import Retry

from mitai import celery as _tasks  # noqa: F401  (tasks bind to our app in every process that has settings)

BASE_DIR = Path(__file__).resolve().parent.parent


class Environment(environ.FileAwareEnv):  # type: ignore[misc]
    """The environment; a value that cannot be read ends the process with one line."""

    def get_value(self, var: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            value = super().get_value(var, *args, **kwargs)
            return value.rstrip("\r\n") if isinstance(value, str) else value  # editors end files with a line
        except (ImproperlyConfigured, ValueError, FileNotFoundError, PermissionError) as error:
            sys.exit(f"mitai: environment variable {var}: {error}".splitlines()[0])


env = Environment()


def refuse(message: str) -> None:
    sys.exit(f"mitai: {message}")


def integer(name: str, default: int, low: int, high: int) -> int:
    value = int(env.int(name, default=default))
    if not low <= value <= high:
        refuse(f"environment variable {name}: {value} is not between {low} and {high}")
    return value


def switch(name: str, *, default: bool) -> bool:
    text = env.str(name, default=str(default)).lower()
    if text not in {"true", "false", "1", "0", "yes", "no", "on", "off"}:
        refuse(f"environment variable {name}: {text!r} is neither true nor false")
    return text in {"true", "1", "yes", "on"}


def encryption_keys(text: str) -> list[bytes]:
    """The keys of a comma-separated list: the first encrypts, all decrypt."""
    words = [word.strip() for word in text.split(",")]
    if not all(re.fullmatch(r"[A-Za-z0-9_-]{43}=?", word) for word in words):  # secret: not repeated
        refuse("environment variable DATA_ENCRYPTION_KEY: not 32 bytes in URL-safe Base64, or several such")
    return [base64.urlsafe_b64decode(word[:43] + "=") for word in words]


def address(text: str) -> SplitResult | None:
    """The parts of an http address, None for any other text."""
    try:
        parts = urlsplit(text)
        wrong = parts.scheme not in {"http", "https"} or not parts.hostname or parts.port == 0
    except ValueError:  # a bracket left open, or a port that is no number
        return None
    return None if wrong else parts


# Where we are ---------------------------------------------------------------------------------------------
DEBUG = switch("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY")
if len(SECRET_KEY) < 32:
    refuse("environment variable SECRET_KEY: shorter than 32 characters")
DATA_ENCRYPTION_KEYS = encryption_keys(env.str("DATA_ENCRYPTION_KEY"))
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "var"))).resolve()
BASE_URL = env.str("BASE_URL", default="http://127.0.0.1:8000").rstrip("/")
_base = address(BASE_URL)
if _base is None or _base.path:
    sys.exit(f"mitai: environment variable BASE_URL: {BASE_URL!r} is not like https://mitai.example")
SECURE = _base.scheme == "https"
ALLOWED_HOSTS = [*env.list("ALLOWED_HOSTS", default=[]), _base.hostname]
if _base.hostname in {"127.0.0.1", "localhost"}:
    ALLOWED_HOSTS += ["127.0.0.1", "localhost"]
CSRF_TRUSTED_ORIGINS = [BASE_URL]
TRUSTED_PROXY_COUNT = integer("TRUSTED_PROXY_COUNT", 0, 0, 10)

# The house ------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "insights",
    "tracking",
    "membership",
    "mitai.core",
    "allauth",
    "allauth.account",
    "allauth.usersessions",
    "csp",
    "django_htmx",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
]
MIDDLEWARE = [
    "mitai.core.middleware.RequestIdMiddleware",
    "mitai.core.middleware.TrustedProxyMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "mitai.core.middleware.CachingMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "mitai.core.middleware.MemberLocaleMiddleware",
    "mitai.core.middleware.SignedOutMiddleware",
    "mitai.core.middleware.RefusalMiddleware",
]
ROOT_URLCONF = "mitai.urls"
WSGI_APPLICATION = "mitai.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "mitai.core.templatetags.mitai",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Database, cache, broker ----------------------------------------------------------------------------------
if not env.str("DATABASE_URL").startswith(("postgresql://", "postgres://")):  # it may hold a password
    refuse("environment variable DATABASE_URL: not like postgresql://user:password@host:5432/name")
DATABASES = {"default": env.db_url("DATABASE_URL")}
DATABASES["default"] |= {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}
if _password := env.str("DATABASE_PASSWORD", default=""):
    DATABASES["default"]["PASSWORD"] = _password

REDIS_URL = env.str("REDIS_URL")
if not REDIS_URL.startswith(("redis://", "rediss://", "unix://")):
    refuse("environment variable REDIS_URL: not like redis://:password@host:6379/0")
if _password := env.str("REDIS_PASSWORD", default=""):
    if REDIS_URL.startswith("unix://"):
        refuse("environment variable REDIS_PASSWORD: a unix socket takes none")
    _host = urlsplit(REDIS_URL).netloc.rpartition("@")[2]
    REDIS_URL = urlsplit(REDIS_URL)._replace(netloc=f":{quote(_password, safe='')}@{_host}").geturl()


def redis_database(number: int, *, celery: bool) -> str:
    """REDIS_URL at database `number`, spelt the way Celery or redis-py reads a unix socket."""
    parts = urlsplit(REDIS_URL)
    if parts.scheme == "unix":
        scheme, key = ("redis+socket", "virtual_host") if celery else ("unix", "db")
        return f"{scheme}://{parts.path}?{key}={number}"
    return str(parts._replace(path=f"/{number}").geturl())


CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": redis_database(1, celery=False),
        "KEY_PREFIX": "mitai",
        # One try more for a connection that went stale, then the answer: redis-py's own ten tries would hold
        # each page for seconds while the server is away, and pages do without it.
        "OPTIONS": {"retry": Retry(NoBackoff(), 1), "socket_connect_timeout": 2, "socket_timeout": 2},
    }
}
SESSION_ENGINE = "mitai.core.sessions"
SESSION_COOKIE_AGE = 30 * 24 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = SECURE
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True

CELERY_BROKER_URL = redis_database(0, celery=True)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {
    "insights.*": {"queue": "insights"},
    "imports.*": {"queue": "imports"},
    "photos.process": {"queue": "imports"},  # a photo takes as much memory as an import
}
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_TIME_LIMIT = 4 * 3600
# A lost worker's message comes back after the visibility timeout. It must exceed the longest task,
# else a running task starts twice; what must come back sooner is swept by its lease.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 5 * 3600,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BEAT_MAX_LOOP_INTERVAL = 30  # mitai.probe waits for twice that
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    # Each entry expires before the next one is due, so a worker that was away does not run it twice.
    "insights-sweep": {"task": "insights.sweep", "schedule": 30.0, "options": {"expires": 25}},
    "imports-sweep": {"task": "imports.sweep", "schedule": 30.0, "options": {"expires": 25}},
    "photos-sweep": {"task": "photos.sweep", "schedule": 60.0, "options": {"expires": 55}},
    "photos-purge": {"task": "photos.purge", "schedule": 3600.0, "options": {"expires": 1800}},
    "sessions-purge": {"task": "sessions.purge", "schedule": 24 * 3600.0, "options": {"expires": 12 * 3600}},
    "entries-purge": {"task": "entries.purge", "schedule": 24 * 3600.0, "options": {"expires": 12 * 3600}},
    "imports-purge": {"task": "imports.purge", "schedule": 24 * 3600.0, "options": {"expires": 12 * 3600}},
    "trials-remind": {"task": "trials.remind", "schedule": 3600.0, "options": {"expires": 1800}},
    "credits-allow": {"task": "credits.allow", "schedule": 3600.0, "options": {"expires": 1800}},
    "usage-sweep": {"task": "usage.sweep", "schedule": 24 * 3600.0, "options": {"expires": 12 * 3600}},
}

# Accounts -------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "membership.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["email"]},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
DEFAULT_TIER = env.str("DEFAULT_TIER", default="free")
FIRST_LOGIN_REDIRECT_URL = "tracking:welcome"
ACCOUNT_ADAPTER = "membership.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "membership.account_forms.LoginForm",
    "signup": "membership.account_forms.SignupForm",
    "add_email": "membership.account_forms.AddEmailForm",
    "change_password": "membership.account_forms.ChangePasswordForm",
    "set_password": "membership.account_forms.SetPasswordForm",
    "reset_password": "membership.account_forms.ResetPasswordForm",
    "reset_password_from_key": "membership.account_forms.ResetPasswordKeyForm",
    "reauthenticate": "membership.account_forms.ReauthenticateForm",
}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
# Mail scanners open links, so the linked page confirms by POST; it logs in the browser that signed up.
ACCOUNT_CONFIRM_EMAIL_ON_GET = False
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_SIGNUP_REDIRECT_URL = FIRST_LOGIN_REDIRECT_URL
# Addresses of IPv6 count as one per /64. What ends in "_address" counts attempts on an e-mail address, what
# ends in "_network" those of an IP address; membership.account_forms consumes them. They take the place of
# allauth's own: its limit of sign-ups counts typing errors too.
ACCOUNT_RATE_LIMITS = {
    "login": "5/m/ip",
    "login_address": "5/m/key",
    "login_failed": "",
    "signup": "",
    "signup_network": "3/m/ip",
    "signup_address": "3/m/key",
    "resend_address": "3/m/key",
    "confirm_email": "",
}

# Mail -----------------------------------------------------------------------------------------------------
# Without EMAIL_URL mails are files under DATA_DIR/mail.
EMAIL_URL = env.str("EMAIL_URL", default="")
if EMAIL_URL:
    try:
        globals().update(env.email_url_config(EMAIL_URL))
    except (ImproperlyConfigured, ValueError):  # the value holds a password: it is not repeated
        refuse("environment variable EMAIL_URL: not like smtp+tls://user:password@host:587")
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = DATA_DIR / "mail"
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default=f"Mitai Jinkendo <mitai@{_base.hostname}>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# Language, zone, numbers ----------------------------------------------------------------------------------
LANGUAGE_CODE = "de"
LANGUAGES = [("de", _("German")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["mitai.core.formats"]
USE_TZ = True
TIME_ZONE = "UTC"

# Static files and uploads ---------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = Path(env.str("STATIC_ROOT", default="") or DATA_DIR / "static")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
UPLOAD_LIMIT_BYTES = integer("UPLOAD_LIMIT_MB", 4096, 1, 65536) * 2**20
UNPACKED_LIMIT_BYTES = integer("UNPACKED_LIMIT_MB", 16384, 1, 262144) * 2**20
FILE_UPLOAD_HANDLERS = [
    "mitai.core.uploads.PhotoUploadHandler",
    "mitai.core.uploads.MemberUploadHandler",
]
UPLOAD_PATHS = ["/import/"]
PHOTO_LIMIT_BYTES = integer("PHOTO_LIMIT_MB", 40, 1, 200) * 2**20
PHOTO_PATHS = ("/capture/", "/journal/photo/")  # and what lies below
FILE_UPLOAD_TEMP_DIR = DATA_DIR / "uploads"
FILE_UPLOAD_PERMISSIONS = 0o600
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 2**20

# KI -------------------------------------------------------------------------------------------------------
LLM_BASE_URL = env.str("LLM_BASE_URL", default="").rstrip("/")
if LLM_BASE_URL and address(LLM_BASE_URL) is None:
    refuse("environment variable LLM_BASE_URL: not like https://openrouter.ai/api/v1")  # may hold a password
LLM_API_KEY = env.str("LLM_API_KEY", default="")
LLM_MODEL = env.str("LLM_MODEL", default="anthropic/claude-sonnet-4.5")
LLM_DEADLINE_S = integer("LLM_DEADLINE_S", 180, 5, 3600)
INSIGHT_LEASE_S = integer("INSIGHT_LEASE_S", 60, 2, 90)

# Signs of life ---------------------------------------------------------------------------------------------
HEARTBEAT_DIR = env.str("HEARTBEAT_DIR", default="")

# Security -------------------------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE
SECURE_SSL_REDIRECT = SECURE
SECURE_SSL_HOST = _base.netloc  # with its port, which a proxy need not pass on
# The proxy in front must set X-Forwarded-Proto itself; without a trusted proxy the header means nothing.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXY_COUNT else None
SECURE_REDIRECT_EXEMPT = [r"^healthz/"]
CSRF_FAILURE_VIEW = "mitai.core.views.csrf_failure"
# W001 is no statement about Redis: django-ratelimit names only other packages' Redis caches.
SILENCED_SYSTEM_CHECKS = ["django_ratelimit.W001"]

# Logs -----------------------------------------------------------------------------------------------------
LOG_LEVEL = env.str("LOG_LEVEL", default="INFO").upper()
if LOG_LEVEL not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
    refuse(f"environment variable LOG_LEVEL: {LOG_LEVEL!r} is none of DEBUG, INFO, WARNING, ERROR")
LOGGING_CONFIG = "mitai.core.logs.configure"
LOGGING = {"level": LOG_LEVEL}

for _folder in (DATA_DIR, FILE_UPLOAD_TEMP_DIR, DATA_DIR / "logs", DATA_DIR / "imports", DATA_DIR / "photos"):
    try:
        os.makedirs(_folder, mode=0o700, exist_ok=True)
    except OSError as error:
        refuse(f"environment variable DATA_DIR: {_folder}: {error.strerror}")
