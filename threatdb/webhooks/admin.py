"""The admin pages of subscriptions and of their deliveries: one's own, and for administrators those of others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache

from threatdb.curation.access import viewer_for
from threatdb.curation.admin import CheckedAdmin
from threatdb.records import ledger

from . import events, queue
from .forms import SubscriptionForm
from .models import OVERLAP_HOURS, Delivery, Status, Subscription

# Deliveries shown on a subscription's page.
LATEST = 10


def visible(request: HttpRequest) -> QuerySet[Subscription]:
    """The user's own subscriptions; who manages those of others sees them as far as his clearance reaches."""
    viewer = viewer_for(request)
    rows = Q(owner=request.user.pk)
    if request.user.has_perm("webhooks.manage_subscriptions"):
        # How much is sent, and when, tells of records that somebody cleared for less may not know of.
        others = Q(clearance__lte=viewer.clearance)
        rows |= others if viewer.curates else others & Q(working=False)
    return Subscription.objects.filter(rows).select_related("owner")


@dataclass(frozen=True)
class Button:
    """Something that a subscription's page offers."""

    name: str
    label: str
    done: str
    act: Callable[[Subscription], object]

    def is_offered(self, subscription: Subscription) -> bool:
        """Whether it would do anything now."""
        pending = subscription.deliveries.filter(status=Status.PENDING, kind="changes")
        match self.name:
            case "enable":
                return subscription.disabled_at is not None
            case "retry":
                return subscription.disabled_at is None and pending.filter(attempts__gt=0).exists()
        return True


BUTTONS = {
    button.name: button
    for button in (
        Button("enable", "Enable", "It goes on where it stopped.", queue.enable),
        Button("retry", "Retry now", "The worker makes the next attempt at once.", queue.retry_now),
        Button("test", "Send a test", "The worker sends a test; its outcome shows below.", queue.send_test),
        Button("rotate", "New secret", "", queue.rotate),
    )
}


@admin.register(Subscription)
class SubscriptionAdmin(CheckedAdmin):
    """Subscriptions. Whoever makes one owns it."""

    form = SubscriptionForm
    change_form_template = "admin/webhooks/subscription_change_form.html"
    list_display = ("name", "owner", "host", "clearance", "standing", "last_success_at")
    search_fields = ("name",)
    ordering = ("name", "pk")
    fields = ("name", "url", "clearance", "working", "types", "active")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        pending = Delivery.objects.filter(subscription=OuterRef("pk"), status=Status.PENDING, kind="changes")
        return visible(request).annotate(fails=Exists(pending.filter(attempts__gt=0))).order_by("name", "pk")

    @admin.display(description="State")
    def standing(self, subscription: Any) -> str:
        """Whether it is sent to, in a word or two."""
        if subscription.disabled_at:
            return "disabled after failures"
        if not subscription.active:
            return "switched off"
        return "failing" if subscription.fails else "sending"

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        form.viewer = viewer_for(request)
        return form

    # --- Saving ---

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            # The other columns are the worker's, who may be writing them.
            obj.save(update_fields=self.fields)
            return
        obj.owner_id, obj.position = request.user.pk, ledger.position()
        obj.save()

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self.delete_queryset(request, Subscription.objects.filter(pk=obj.pk))

    @transaction.atomic
    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        # A worker that writes down an outcome locks the subscription before its delivery; so does this.
        chosen = Subscription.objects.select_for_update().filter(pk__in=[row.pk for row in queryset])
        list(chosen.order_by("pk"))
        chosen.delete()

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """The subscriptions alone: their deliveries go with them, and nobody deletes one by itself."""
        names = [str(obj) for obj in objs]
        return names, {self.opts.verbose_name_plural: len(names)}, set(), []

    # --- Secrets ---

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        kept_nowhere: Any = never_cache(super().add_view)
        response: HttpResponse = kept_nowhere(request, form_url, {"show_save_and_continue": False})
        return response

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        return self._secret_page(request, obj, obj.secret, "The subscription was made")

    def _secret_page(self, request: HttpRequest, obj: Subscription, secret: str, title: str) -> HttpResponse:
        """The one page that ever shows a secret; a redirect would have to carry it through the session."""
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "subscription": obj,
            "secret": secret,
            "overlap": OVERLAP_HOURS if obj.former_until else None,
        }
        return TemplateResponse(request, "admin/webhooks/secret.html", context)

    # --- Buttons ---

    def get_urls(self) -> list[Any]:
        view = never_cache(self.admin_site.admin_view(self.button_view))
        own = [
            path(f"<path:object_id>/{name}/", view, {"button": button}, name=f"webhooks_subscription_{name}")
            for name, button in BUTTONS.items()
        ]
        return [*own, *super().get_urls()]

    def button_view(self, request: HttpRequest, object_id: str, button: Button) -> HttpResponse:
        """Do what a button says and go back to the page, or show the new secret."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        subscription = self.get_object(request, unquote(object_id))
        if not self.has_change_permission(request, subscription):
            raise PermissionDenied
        result = button.act(subscription)
        self.log_change(request, subscription, f"{button.label}.")
        if button.name == "rotate":
            subscription.refresh_from_db()
            return self._secret_page(request, subscription, str(result), "The new secret")
        self.message_user(request, button.done, messages.SUCCESS)
        return HttpResponseRedirect(_page_of(subscription))

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        subscription = context["original"]
        if subscription is not None:
            context["health"] = self._health(subscription)
            context["latest"] = subscription.deliveries.order_by("-created_at", "pk")[:LATEST]
            if self.has_change_permission(request, subscription):
                context["buttons"] = self._buttons(subscription)
        return super().render_change_form(request, context, *args, **kwargs)

    def _buttons(self, subscription: Subscription) -> list[dict[str, str]]:
        offered = (button for button in BUTTONS.values() if button.is_offered(subscription))
        return [{"label": button.label, "url": _page_of(subscription, button.name)} for button in offered]

    def _health(self, subscription: Any) -> dict[str, Any]:
        """How the subscription does, for its page."""
        pending = subscription.deliveries.filter(status=Status.PENDING, kind="changes").first()
        return {
            "standing": self.standing(subscription),
            "failures": pending.attempts if pending else 0,
            "pending": pending,
            "backlog": events.backlog(subscription),
            "former": subscription.former_until and subscription.former_until > timezone.now(),
        }


def _page_of(subscription: Subscription, page: str = "change") -> str:
    return reverse(f"admin:webhooks_subscription_{page}", args=[quote(str(subscription.pk))])


class SubscriptionFilter(admin.SimpleListFilter):
    """Of which subscription; among those that the user may see."""

    title = "subscription"
    parameter_name = "subscription"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(row.pk), row.name) for row in visible(request).order_by("name", "pk")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value()
        if chosen not in {key for key, _ in self.lookup_choices}:
            return queryset.none() if chosen else queryset
        return queryset.filter(subscription=chosen)


@admin.register(Delivery)
class DeliveryAdmin(CheckedAdmin):
    """What was sent, or is to be; nobody changes it."""

    list_display = ("__str__", "subscription", "status", "events", "attempts", "last_attempt_at", "response_status")
    list_filter = ("status", "kind", SubscriptionFilter)
    list_select_related = ("subscription",)
    ordering = ("-created_at", "pk")
    fields = (
        "id", "subscription", "kind", "status", "events", "created_at", "attempts", "last_attempt_at",
        "next_attempt_at", "response_status", "problem", "excerpt",
    )  # fmt: skip
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(subscription__in=visible(request))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
